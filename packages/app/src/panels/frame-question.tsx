import { Button, Group, Modal, NumberInput, Text } from "@mantine/core";
import { useState } from "react";
import { answerFrame } from "../state/image-actions.ts";
import { useApp } from "../state/store.ts";

/** Asks which volume of a 4D file is to be segmented. */
export function FrameQuestion() {
  const asked = useApp((state) => state.framesAsked);
  return (
    <Modal
      opened={asked !== undefined}
      onClose={() => answerFrame(undefined)}
      title="Which volume?"
      centered
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {asked && <Choice key={asked.file.name} {...asked} />}
    </Modal>
  );
}

function Choice({ file, frames }: { readonly file: File; readonly frames: number }) {
  const [volume, setVolume] = useState<number | string>(1);
  const valid = typeof volume === "number" && Number.isInteger(volume) && volume >= 1 && volume <= frames;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (valid) answerFrame(volume - 1);
      }}
    >
      <Text size="sm" mb="md">
        {file.name} holds {frames} volumes, one after another in time or contrast. One of them is opened.
      </Text>
      <NumberInput
        label={`Volume, 1 to ${frames}`}
        min={1}
        max={frames}
        allowDecimal={false}
        value={volume}
        onChange={setVolume}
        data-autofocus
        data-testid="frame"
      />
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={() => answerFrame(undefined)}>
          Cancel
        </Button>
        <Button type="submit" disabled={!valid}>
          Open it
        </Button>
      </Group>
    </form>
  );
}
