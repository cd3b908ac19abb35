import type { PromptSummary } from "@septum/protocol";
import { editing } from "./editing.ts";
import { nextNumber } from "./point-actions.ts";
import { store } from "./store.ts";

/** Goes over to a segment. The next prompt is positive again: a sign left over from another segment surprises. */
export function activate(label: number | undefined): void {
  if (editing.getState().active === label) return;
  editing.setState({ active: label, prompt: undefined, positive: true });
}

export interface Target {
  /** The label it most likely has. */
  readonly guess: number;
  readonly label: () => Promise<number>;
}

/** The segment that the next prompt or edit is for: the active one, or one that is made when it is first needed. */
export function target(): Target {
  const { active } = editing.getState();
  const known = active ?? nextLabel();
  if (active === undefined) activate(known);
  return { guess: known, label: async () => known };
}

export function promptsOf(label: number): readonly PromptSummary[] {
  return store.getState().segments.find((segment) => segment.label === label)?.prompts ?? [];
}

function nextLabel(): number {
  const { points, segments } = store.getState();
  return nextNumber(points, segments);
}
