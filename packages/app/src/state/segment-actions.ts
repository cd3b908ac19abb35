import type { PromptSummary, SegmentPatch } from "@septum/protocol";
import { activate, unborn } from "./active.ts";
import { client } from "./client.ts";
import { editing } from "./editing.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { preferences, safeSegmentColours } from "./preferences.ts";
import { saving } from "./saving.ts";
import { store } from "./store.ts";
import { inTurn } from "./work.ts";

export interface Target {
  /** The label, or the one it most likely gets. */
  readonly guess: number;
  readonly label: () => Promise<number>;
}

/** The segment that the next prompt or edit is for: the active one, or one that is made when it is first needed. */
export function target(): Target {
  const { active } = editing.getState();
  if (active !== undefined) return { guess: active, label: async () => active };
  const own = unborn();
  return {
    guess: 1 + Math.max(0, ...store.getState().segments.map(({ label }) => label)),
    label() {
      own.label ??= create();
      own.label.catch(() => {
        own.label = undefined;
      });
      return own.label;
    },
  };
}

/** Makes an empty segment and goes over to it; an active one that is still empty is new enough. */
export async function newSegment(): Promise<void> {
  const { segments } = store.getState();
  const active = segments.find(({ label }) => label === editing.getState().active);
  if (active?.voxels === 0 && active.prompts.length === 0) return;
  try {
    await saving(create());
  } catch (error) {
    handleLoss(error, "make a segment", { again: () => void newSegment() });
  }
}

async function create(): Promise<number> {
  const { colours } = preferences.getState();
  const { length } = store.getState().segments;
  const color = colours === "safe" ? safeSegmentColours[length % safeSegmentColours.length] : undefined;
  const { number } = await client.createSegment({ color });
  // Listed first, so that no reading that is older than the segment takes the active one for gone.
  await refresh();
  activate(number);
  return number;
}

/** Goes over to the segment before or after the active one, round the end. */
export function stepSegment(by: -1 | 1): void {
  const labels = store.getState().segments.map(({ label }) => label);
  if (labels.length === 0) return;
  const at = labels.indexOf(editing.getState().active ?? 0);
  const next = at < 0 ? (by > 0 ? 0 : labels.length - 1) : (at + by + labels.length) % labels.length;
  activate(labels[next]);
}

/** Name, colour, value, lock or state. */
export async function changeSegment(label: number, patch: SegmentPatch): Promise<void> {
  try {
    await saving(client.changeSegment(label, patch));
    await refresh();
  } catch (error) {
    handleLoss(error, `change segment ${label}`, { again: () => void changeSegment(label, patch) });
  }
}

/** Takes the segment off the list; undo brings it back. */
export async function removeSegment(label: number): Promise<void> {
  await inTurn({ label, text: "remove", doing: `remove segment ${label}` }, async (call) => {
    await client.removeSegment(label, call);
  });
}

/** Takes all prompts and the mask away; undo brings them back. */
export async function resetSegment(label: number): Promise<void> {
  editing.setState({ prompt: undefined });
  await inTurn({ label, text: "reset", doing: `reset segment ${label}` }, async (call) => {
    await client.reset(label, call);
  });
}

export function promptsOf(label: number): readonly PromptSummary[] {
  return store.getState().segments.find((segment) => segment.label === label)?.prompts ?? [];
}
