import { ActionIcon, Badge, Button, Modal, Table, Text, VisuallyHidden } from "@mantine/core";
import type { SessionSummary } from "@septum/protocol";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { deleteSession, enter } from "../state/session-actions.ts";
import { shortId } from "../state/session-id.ts";
import { useApp } from "../state/store.ts";
import { DeleteDialog } from "./delete-dialog.tsx";

interface SessionListProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Every session of the server where it gives the list away, else this one alone. */
export function SessionList({ opened, onClose }: SessionListProps) {
  const sessions = useApp((state) => state.sessions);
  const [deleting, setDeleting] = useState<string>();
  return (
    <>
      <Modal
        opened={opened}
        onClose={onClose}
        title="Sessions"
        size="xl"
        centered
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {sessions && !sessions.all && (
          <Text size="sm" c="dimmed" mb="sm">
            This server shows each person their own session only.
          </Text>
        )}
        <Table verticalSpacing={6} className="session-table" data-testid="session-list">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Session</Table.Th>
              <Table.Th>Scan</Table.Th>
              <Table.Th>Last used</Table.Th>
              <Table.Th>
                <VisuallyHidden>Actions</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {latestFirst(sessions?.list ?? []).map((session) => (
              <Row key={session.session_id} {...session} onEnter={onClose} onDelete={setDeleting} />
            ))}
          </Table.Tbody>
        </Table>
      </Modal>
      {deleting && (
        <DeleteDialog
          name={shortId(deleting)}
          warning="It ends for everyone who has the link."
          opened
          onClose={() => setDeleting(undefined)}
          onDelete={() => void deleteSession(deleting)}
        />
      )}
    </>
  );
}

interface RowProps extends SessionSummary {
  readonly onEnter: () => void;
  readonly onDelete: (id: string) => void;
}

function Row({ session_id: id, nifti_shape: shape, last_activity: used, onEnter, onDelete }: RowProps) {
  const own = useApp((state) => state.session.id === id);
  return (
    <Table.Tr>
      <Table.Td>
        <code>{shortId(id)}</code>
      </Table.Td>
      <Table.Td>{shape ? shape.join(" × ") : "none"}</Table.Td>
      <Table.Td>{new Date(used).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}</Table.Td>
      <Table.Td className="session-actions">
        {own ? (
          <Badge variant="light" tt="none">
            This one
          </Badge>
        ) : (
          <>
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => {
                onEnter();
                void enter(id);
              }}
            >
              Open
            </Button>
            <ActionIcon
              variant="subtle"
              color="red"
              size="sm"
              aria-label={`Delete session ${shortId(id)}`}
              onClick={() => onDelete(id)}
            >
              <IconTrash size={15} />
            </ActionIcon>
          </>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function latestFirst(list: readonly SessionSummary[]): SessionSummary[] {
  return list.toSorted((a, b) => b.last_activity.localeCompare(a.last_activity));
}
