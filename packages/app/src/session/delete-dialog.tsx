import { Button, Group, Modal, Text } from "@mantine/core";

interface DeleteDialogProps {
  /** The session's id as the person reads it. */
  readonly name: string;
  /** Whom it may hurt. */
  readonly warning: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onDelete: () => void;
}

export function DeleteDialog({ name, warning, opened, onClose, onDelete }: DeleteDialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Delete session ${name}?`}
      centered
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Text size="sm">
        {warning} Its scan, prompts and masks are removed from the server at once. This cannot be undone.
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button
          color="red"
          onClick={() => {
            onClose();
            onDelete();
          }}
        >
          Delete
        </Button>
      </Group>
    </Modal>
  );
}
