import type { MaskDelta } from "./mask-delta.ts";
import { deltaBytes } from "./mask-delta.ts";
import type { PromptNode } from "./prompt-log.ts";
import type { QueuedView } from "./steps.ts";

/** Everything about an object but its mask. */
export interface PromptState {
  readonly prompts?: PromptNode;
  /** Where the next prediction looks; only the newest entry is ever used (spec §5.7). */
  readonly queued?: QueuedView;
}

/** One thing that can be undone: an applied prompt with its prediction, an initial mask, an edit, or a reset. */
export interface HistoryStep {
  readonly before: PromptState;
  readonly after: PromptState;
  /** Flips commute, so their order does not matter. */
  readonly deltas: readonly MaskDelta[];
}

/** Two stacks, newest last. Values are never changed, only replaced. */
export interface History {
  readonly undo: readonly HistoryStep[];
  readonly redo: readonly HistoryStep[];
}

export const emptyHistory: History = { undo: [], redo: [] };

/** A new step; what had been undone can no longer be redone. */
export function recordStep(history: History, step: HistoryStep, maxBytes: number): History {
  return { undo: forgetOldest([...history.undo, step], maxBytes), redo: [] };
}

/** A prediction for a prompt that was added before belongs to that prompt's step. */
export function extendLastStep(
  history: History,
  after: PromptState,
  deltas: readonly MaskDelta[],
  maxBytes: number,
): History {
  const last = history.undo.at(-1);
  if (last === undefined) return { undo: [], redo: [] };
  const step = { before: last.before, after, deltas: [...last.deltas, ...deltas] };
  return { undo: forgetOldest([...history.undo.slice(0, -1), step], maxBytes), redo: [] };
}

/** Memory the changes of a step take, about; prompts are counted apart, since steps share them. */
export function stepBytes({ deltas }: Pick<HistoryStep, "deltas">): number {
  return deltas.reduce((sum, delta) => sum + deltaBytes(delta), 128);
}

/** The newest step always stays, however large. */
function forgetOldest(steps: HistoryStep[], maxBytes: number): HistoryStep[] {
  let bytes = 0;
  let keep = steps.length;
  while (keep > 0) {
    // An uploaded mask is kept beside the voxels it flipped.
    bytes += stepBytes(steps[keep - 1]) + (steps[keep - 1].after.prompts?.initial?.bits?.data.length ?? 0);
    if (bytes > maxBytes && keep < steps.length) break;
    keep--;
  }
  return steps.slice(keep);
}
