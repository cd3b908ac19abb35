import { Button, Group, Modal, Text } from "@mantine/core";

interface DeleteSessionProps {
  readonly id: string | undefined;
  readonly onDelete: (id: string) => void;
  readonly onClose: () => void;
}

export function DeleteSession({ id, onDelete, onClose }: DeleteSessionProps) {
  return (
    <Modal opened={id !== undefined} onClose={onClose} title={`Delete session ${id}?`} centered>
      <Text size="sm">
        Somebody may be working in it. Its scan, points and masks are removed from the server at once, and cannot be
        brought back.
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button
          color="red"
          onClick={() => {
            if (id !== undefined) onDelete(id);
            onClose();
          }}
        >
          Delete
        </Button>
      </Group>
    </Modal>
  );
}
