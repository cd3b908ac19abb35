import type { SegmentPatch, View } from "@septum/protocol";
import { segmentNotFound } from "./points.ts";
import type { Session } from "./session.ts";
import { colorOf, isInUse, type LabelState, nameOf, withLabel } from "./state.ts";

/**
 * Names or colours a label that a point or an object has; null goes back to the default. Throws `segment_not_found`.
 */
export async function changeLabel(session: Session, label: number, { name, color }: SegmentPatch): Promise<void> {
  await session.change((state) => {
    if (!isInUse(state, label)) throw segmentNotFound(session, label);
    const old = state.labels.find((known) => known.label === label);
    const next: LabelState = {
      label,
      ...own("name", name === undefined ? old?.name : name),
      ...own("color", color === undefined ? old?.color : color),
    };
    const changed = withLabel(state, next);
    const renamed = name !== undefined && nameOf(changed, label) !== nameOf(state, label);
    const what = renamed ? `renamed ${label} to ${nameOf(changed, label)}` : `coloured ${nameOf(changed, label)}`;
    return { state: changed, step: { name: what } };
  });
  tellLabel(session, label);
}

function own<K extends string>(key: K, value: string | null | undefined): Partial<Record<K, string>> {
  return value === undefined || value === null ? {} : ({ [key]: value } as Record<K, string>);
}

/** Tells those who follow the session what the label is called and which colour it has. */
export function tellLabel(session: Session, label: number): void {
  const { state, events } = session;
  events.push({ type: "label", label, name: nameOf(state, label), color: colorOf(state, label) });
}

/** Keeps how the session is looked at. Not a step of the history. */
export function keepView(session: Session, view: View): Promise<void> {
  return session.change((state) => ({ state: { ...state, view } }));
}
