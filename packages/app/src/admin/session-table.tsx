import { ActionIcon, Badge, Button, Table, Tooltip, UnstyledButton, VisuallyHidden } from "@mantine/core";
import type { AdminSession } from "@septum/protocol";
import { IconArrowDown, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Choice } from "../panels/choice.tsx";
import { bytesText } from "../words/amounts.ts";
import { type Order, rowsToShow, type Shown } from "./session-rows.ts";
import { distanceText } from "./times.ts";

interface SessionTableProps {
  readonly sessions: readonly AdminSession[];
  readonly now: number;
  /** Sessions with a call of this page under way. */
  readonly pending: ReadonlySet<string>;
  readonly onRest: (id: string) => void;
  readonly onDelete: (id: string) => void;
}

const columns: readonly (readonly [name: string, order?: Order])[] = [
  ["Session"],
  ["State"],
  ["Scan"],
  ["Points"],
  ["Segments"],
  ["Memory", "memory_bytes"],
  ["Disk", "disk_bytes"],
  ["Made", "created_at"],
  ["Last used", "last_activity"],
  ["Expires"],
];

const numeric = new Set(["Points", "Segments", "Memory", "Disk"]);

export function SessionTable({ sessions, ...rowProps }: SessionTableProps) {
  const [shown, setShown] = useState<Shown>("all");
  const [order, setOrder] = useState<Order>("last_activity");
  const rows = rowsToShow(sessions, shown, order);
  return (
    <section aria-labelledby="sessions-title">
      <div className="admin-head">
        <h2 id="sessions-title">Sessions</h2>
        <Choice
          name="Sessions to show"
          value={shown}
          choices={{ all: "All", open: "Open", resting: "Resting" }}
          onChange={setShown}
        />
      </div>
      <div className="admin-table">
        <Table verticalSpacing={7} highlightOnHover stickyHeader data-testid="admin-sessions">
          <Table.Thead>
            <Table.Tr>
              {columns.map(([name, by]) => (
                <Table.Th
                  key={name}
                  className={numeric.has(name) ? "admin-number" : undefined}
                  aria-sort={by !== undefined && by === order ? "descending" : undefined}
                >
                  {by ? (
                    <UnstyledButton
                      className="admin-sort"
                      onClick={() => setOrder(by)}
                      data-active={by === order || undefined}
                    >
                      {name}
                      <IconArrowDown size={13} aria-hidden />
                    </UnstyledButton>
                  ) : (
                    name
                  )}
                </Table.Th>
              ))}
              <Table.Th>
                <VisuallyHidden>Actions</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((session) => (
              <Row key={session.id} session={session} {...rowProps} />
            ))}
          </Table.Tbody>
        </Table>
        {rows.length === 0 && (
          <p className="admin-none">{sessions.length === 0 ? "There are no sessions." : `None is ${shown}.`}</p>
        )}
      </div>
    </section>
  );
}

interface RowProps extends Omit<SessionTableProps, "sessions"> {
  readonly session: AdminSession;
}

function Row({ session, now, pending, onRest, onDelete }: RowProps) {
  const { id, state, busy, shape, memory_bytes: memory, disk_bytes: disk } = session;
  const waiting = pending.has(id);
  return (
    <Table.Tr>
      <Table.Td>
        <code>{id}</code>
      </Table.Td>
      <Table.Td>
        <StateBadge state={state} busy={busy} />
      </Table.Td>
      <Table.Td>{shape ? shape.join(" × ") : <span className="admin-quiet">none</span>}</Table.Td>
      <Table.Td className="admin-number">{session.points}</Table.Td>
      <Table.Td className="admin-number">{session.objects}</Table.Td>
      <Table.Td className="admin-number">
        {memory > 0 ? bytesText(memory) : <span className="admin-quiet">–</span>}
      </Table.Td>
      <Table.Td className="admin-number">
        {disk > 0 ? bytesText(disk) : <span className="admin-quiet">–</span>}
      </Table.Td>
      <When time={session.created_at} now={now} />
      <When time={session.last_activity} now={now} />
      <When time={session.expires_at} now={now} />
      <Table.Td className="session-actions">
        <Tooltip label={restHint(session)}>
          <Button
            size="compact-xs"
            variant="default"
            loading={waiting}
            // Still reachable by keyboard and pointer, so that the reason can be read.
            data-disabled={state === "resting" || busy || undefined}
            aria-disabled={state === "resting" || busy}
            aria-label={`Rest session ${id}`}
            onClick={() => state === "open" && !busy && onRest(id)}
          >
            Rest
          </Button>
        </Tooltip>
        <ActionIcon
          variant="subtle"
          color="red"
          size="sm"
          disabled={waiting}
          aria-label={`Delete session ${id}`}
          onClick={() => onDelete(id)}
        >
          <IconTrash size={15} />
        </ActionIcon>
      </Table.Td>
    </Table.Tr>
  );
}

function StateBadge({ state, busy }: Pick<AdminSession, "state" | "busy">) {
  const [color, text] = busy ? ["yellow", "At work"] : state === "open" ? ["teal", "Open"] : ["gray", "Resting"];
  return (
    <Badge className="admin-state" variant="light" color={color} tt="none" size="sm">
      {text}
    </Badge>
  );
}

function When({ time, now }: { readonly time: string | null; readonly now: number }) {
  if (time === null) return <Table.Td className="admin-quiet">never</Table.Td>;
  const whole = new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  return (
    <Table.Td>
      <time dateTime={time} title={whole}>
        {distanceText(time, now)}
      </time>
    </Table.Td>
  );
}

function restHint({ state, busy }: AdminSession): string {
  if (busy) return "It is at work: wait for its end";
  if (state === "resting") return "Its scan is not in memory";
  return "Take its scan out of memory; the work stays, and opens again when it is used";
}
