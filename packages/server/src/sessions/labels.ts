import type { SegmentPatch, View } from "@septum/protocol";
import { HttpError } from "../http/http-error.ts";
import { segmentNotFound } from "./points.ts";
import type { Session } from "./session.ts";
import {
  colorOf,
  fileValueOf,
  findSegment,
  isInUse,
  isLocked,
  type LabelState,
  labelsInUse,
  nameOf,
  progressOf,
  type SessionState,
  withLabel,
} from "./state.ts";

/** What there is to know of a label besides its voxels. */
export function attributesOf(state: SessionState, label: number) {
  return {
    name: nameOf(state, label),
    color: colorOf(state, label),
    value: fileValueOf(state, label),
    locked: isLocked(state, label),
    state: progressOf(state, label),
  };
}

/**
 * Changes attributes of a label that a point or an object has; null goes back to the default. To be locked, an object waits
 * until what is being done to it is done. Throws `segment_not_found`, `value_taken`.
 */
export async function changeLabel(
  session: Session,
  label: number,
  patch: SegmentPatch,
  signal: AbortSignal = session.signal,
): Promise<void> {
  const change = () =>
    session.change((state) => {
      if (!isInUse(state, label)) throw segmentNotFound(session, label);
      const changed = withAttributes(state, label, patch);
      return { state: changed, step: { name: describeChange(state, changed, label) } };
    });
  await (patch.locked ? session.work(change, { signal }) : change());
  tellLabel(session, label);
}

/** The state with these attributes of a label; the others stay. Throws `value_taken`. */
export function withAttributes(state: SessionState, label: number, patch: SegmentPatch): SessionState {
  const old = state.labels.find((known) => known.label === label);
  const { locked = old?.locked, state: progress = old?.state } = patch;
  const next: LabelState = {
    label,
    name: patched(patch.name, old?.name),
    color: patched(patch.color, old?.color),
    value: patched(patch.value, old?.value),
    locked: locked ? true : undefined,
    state: progress === "in_progress" ? undefined : progress,
  };
  const changed = withLabel(state, { ...next, value: next.value === label ? undefined : next.value });
  refuseTakenValue(changed, label);
  // Locked objects win where several overlap.
  const shown = isLocked(changed, label) !== isLocked(state, label) && findSegment(state, label) !== undefined;
  return shown ? { ...changed, maskRevision: state.maskRevision + 1 } : changed;
}

function patched<T>(given: T | null | undefined, old: T | undefined): T | undefined {
  return given === undefined ? old : (given ?? undefined);
}

function refuseTakenValue(state: SessionState, label: number): void {
  const value = fileValueOf(state, label);
  const owner = labelsInUse(state).find((other) => other !== label && fileValueOf(state, other) === value);
  if (owner === undefined) return;
  throw new HttpError(
    "value_taken",
    `Cannot give ${nameOf(state, label)} the value ${value}: ${nameOf(state, owner)} (${owner}) has it. Give that another first`,
  );
}

function describeChange(before: SessionState, after: SessionState, label: number): string {
  const [old, now] = [attributesOf(before, label), attributesOf(after, label)];
  const { name } = now;
  const done = [
    old.name === name ? [] : [`renamed ${label} to ${name}`],
    old.color === now.color ? [] : [`coloured ${name}`],
    old.value === now.value ? [] : [`value ${now.value} for ${name}`],
    old.locked === now.locked ? [] : [`${now.locked ? "locked" : "unlocked"} ${name}`],
    old.state === now.state ? [] : [`${name} is ${stateWords[now.state]}`],
  ];
  return done.flat().join(", ");
}

const stateWords = { todo: "to do", in_progress: "in progress", done: "done" } as const;

/** Tells those who follow the session what the label's attributes are. */
export function tellLabel(session: Session, label: number): void {
  const { state, events } = session;
  events.push({ type: "label", label, ...attributesOf(state, label) });
}

/** Keeps how the session is looked at. Not a step of the history. */
export function keepView(session: Session, view: View): Promise<void> {
  return session.change((state) => ({ state: { ...state, view } }));
}
