import { Progress } from "@mantine/core";
import type { AdminAnswer } from "@septum/protocol";
import type { ReactNode } from "react";
import { bytesText, deviceText } from "../words/amounts.ts";
import { distanceText } from "./times.ts";

/** A share of what there is above which it is time to look. */
const high = 0.9;

/** The server in five figures. */
export function Figures({ answer, now }: { readonly answer: AdminAnswer; readonly now: number }) {
  const { sessions, open, resting, queue } = answer;
  const { memory_bytes: memory, memory_budget_bytes: budget } = answer;
  const { disk_bytes: disk, disk_free_bytes: free } = answer;
  const busy = sessions.filter((session) => session.busy).length;
  return (
    <dl className="admin-figures">
      <Figure
        name="Sessions"
        value={String(sessions.length)}
        note={`${open} open, ${resting} resting, ${busy} at work`}
      />
      <Figure name="Memory of scans" value={bytesText(memory)} note={`of ${bytesText(budget)} allowed`}>
        <Share of={memory} whole={budget} label="Memory of scans" />
      </Figure>
      <Figure
        name="Disk of sessions"
        value={bytesText(disk)}
        note={free === null ? "free space unknown" : `${bytesText(free)} free`}
      >
        {free !== null && <Share of={disk} whole={disk + free} label="Disk of sessions" />}
      </Figure>
      <Figure
        name="Queue"
        value={String(queue.waiting)}
        note={queue.running > 0 ? "waiting; one pass is running" : "waiting; the device is idle"}
      />
      <Figure
        name="Server"
        value={`${answer.model} on ${deviceText(answer.device)}`}
        note={`Septum ${answer.version}, started ${distanceText(answer.started_at, now)}`}
      />
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly children?: ReactNode;
}

function Figure({ name, value, note, children }: FigureProps) {
  return (
    <div className="admin-figure">
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {children}
        <span>{note}</span>
      </dd>
    </div>
  );
}

function Share({ of, whole, label }: { readonly of: number; readonly whole: number; readonly label: string }) {
  const share = whole > 0 ? Math.min(1, of / whole) : 0;
  return <Progress value={100 * share} color={share >= high ? "orange" : "teal"} size={5} aria-label={label} />;
}
