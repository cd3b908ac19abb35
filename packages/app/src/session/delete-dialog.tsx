import { Button, Group, Modal, Text } from "@mantine/core";
import { deleteSession } from "../state/session-actions.ts";
import { shortId } from "../state/session-id.ts";

interface DeleteDialogProps {
  readonly id: string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function DeleteDialog({ id, opened, onClose }: DeleteDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Delete session ${shortId(id)}?`} centered>
      <Text size="sm">
        Its scan, points and masks are removed from the server at once, for everyone who has the link. This cannot be
        undone.
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button
          color="red"
          onClick={() => {
            onClose();
            void deleteSession(id);
          }}
        >
          Delete
        </Button>
      </Group>
    </Modal>
  );
}
