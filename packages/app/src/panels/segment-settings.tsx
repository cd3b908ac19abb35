import { ActionIcon, Button, ColorInput, NumberInput, Popover, Slider, Text } from "@mantine/core";
import { labelColor, type SegmentSummary } from "@septum/protocol";
import { IconDots, IconFileImport, IconRestore, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { setLook } from "../state/edit-settings.ts";
import { lookOf, useEditing } from "../state/editing.ts";
import { safeSegmentColours } from "../state/preferences.ts";
import { changeSegment, removeSegment, resetSegment } from "../state/segment-actions.ts";
import { stateTexts } from "../words/segments.ts";
import { Choice } from "./choice.tsx";
import { chooseMask } from "./file-drop.tsx";

/** Colours offered: ITK-SNAP's first, then Okabe and Ito's. */
const swatches = [...[1, 2, 3, 4, 5, 6, 7].map(labelColor), ...safeSegmentColours];

/** What is changed less often than the row's own buttons. */
export function SegmentSettings({ segment }: { readonly segment: SegmentSummary }) {
  const [open, setOpen] = useState(false);
  const { name, label } = segment;
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus shadow="md" width={270}>
      <Popover.Target>
        <ActionIcon
          size="sm"
          variant="subtle"
          color="gray"
          aria-label={`Settings of ${name}`}
          onClick={() => setOpen(!open)}
          data-testid={`settings-${label}`}
        >
          <IconDots size={16} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={`Settings of ${name}`} className="segment-settings">
        <Settings segment={segment} onDone={() => setOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

function Settings({ segment, onDone }: { readonly segment: SegmentSummary; readonly onDone: () => void }) {
  const { label, color, state, voxels, prompts, locked } = segment;
  const opacity = useEditing((editing) => lookOf(editing, label).opacity);
  return (
    <>
      <Choice
        fullWidth
        name="State"
        value={state}
        choices={stateTexts}
        onChange={(value) => void changeSegment(label, { state: value })}
      />
      <Colour label={label} color={color} />
      <Value {...segment} />
      <div>
        <Text size="sm" fw={500} id={`opacity-${label}`}>
          Opacity
        </Text>
        <Slider
          min={0}
          max={1}
          step={0.05}
          value={opacity}
          onChange={(value) => setLook(label, { opacity: value, shown: true })}
          label={(value) => `${Math.round(100 * value)} %`}
          thumbProps={{ "aria-labelledby": `opacity-${label}` }}
        />
      </div>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconFileImport size={15} />}
        disabled={locked}
        onClick={() => {
          onDone();
          chooseMask(label);
        }}
        data-testid={`mask-into-${label}`}
      >
        Replace by a mask file …
      </Button>
      <div className="segment-ends">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRestore size={15} />}
          disabled={locked || (voxels === 0 && prompts.length === 0)}
          onClick={() => {
            onDone();
            void resetSegment(label);
          }}
        >
          Reset
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconTrash size={15} />}
          disabled={locked}
          onClick={() => {
            onDone();
            void removeSegment(label);
          }}
          data-testid={`delete-${label}`}
        >
          Delete
        </Button>
      </div>
      <p className="hint">{locked ? "Unlock it to replace, reset or delete it." : "Undo brings back what it was."}</p>
    </>
  );
}

/** Kept when the hand leaves the colour, not at each of the colours on the way. */
function Colour({ label, color }: { readonly label: number; readonly color: string }) {
  const [draft, setDraft] = useState<string>();
  return (
    <ColorInput
      size="xs"
      label="Colour"
      format="hex"
      swatches={swatches}
      swatchesPerRow={7}
      popoverProps={{ withinPortal: false }}
      value={draft ?? color}
      onChange={setDraft}
      onChangeEnd={(next) => {
        setDraft(undefined);
        if (/^#[0-9a-f]{6}$/i.test(next) && next.toLowerCase() !== color)
          void changeSegment(label, { color: next.toLowerCase() });
      }}
      eyeDropperButtonProps={{ "aria-label": "Take a colour from the screen" }}
    />
  );
}

function Value({ label, value }: SegmentSummary) {
  const [draft, setDraft] = useState<string | number>();
  const keep = () => {
    const wanted = Number(draft);
    setDraft(undefined);
    if (Number.isInteger(wanted) && wanted >= 1 && wanted <= 65535 && wanted !== value)
      void changeSegment(label, { value: wanted });
  };
  return (
    <NumberInput
      size="xs"
      label="Label value"
      description="In exported files"
      min={1}
      max={65535}
      allowDecimal={false}
      value={draft ?? value}
      onChange={setDraft}
      onBlur={() => draft !== undefined && keep()}
      onKeyDown={(event) => event.key === "Enter" && keep()}
      data-testid={`value-${label}`}
    />
  );
}
