import type { Box, Vec3 } from "@septum/volume";
import type { PackedBits } from "./bit-runs.ts";
import { SegmentError } from "./errors.ts";
import type { History, HistoryStep, PromptState } from "./history.ts";
import type { MaskDelta } from "./mask-delta.ts";
import { type PromptNode, promptNodes } from "./prompt-log.ts";
import type { QueuedView } from "./steps.ts";

export const stateVersion = 1;

/**
 * A segmenter as plain data: structured-cloneable, and the same after `encodeState` and `decodeState`. Prompts are listed
 * once, each after the one before it, and referred to by their place in that list.
 */
export interface SegmenterState {
  readonly version: typeof stateVersion;
  /** Of the volume, `[i, j, k]`. */
  readonly size: Vec3;
  readonly seed: number;
  readonly mask: PackedBits;
  readonly prompts: readonly SavedPrompt[];
  readonly now: SavedPromptState;
  readonly undo: readonly SavedStep[];
  readonly redo: readonly SavedStep[];
}

/** A `PromptNode` whose predecessor is a place in the list; -1 when it is the first. */
export interface SavedPrompt extends Omit<PromptNode, "previous"> {
  readonly previous: number;
}

export interface SavedPromptState {
  /** Place of the newest prompt, or -1. */
  readonly prompts: number;
  readonly queued?: QueuedView;
}

export interface SavedStep {
  readonly before: SavedPromptState;
  readonly after: SavedPromptState;
  readonly deltas: readonly { readonly box: Box; readonly flipped: PackedBits }[];
}

/** What `saveState` and `restoreState` carry over, in the segmenter's own form. */
export interface LiveState {
  readonly size: Vec3;
  readonly seed: number;
  readonly mask: PackedBits;
  readonly now: PromptState;
  readonly history: History;
}

export function saveState(live: LiveState): SegmenterState {
  const places = new Map<PromptNode, number>();
  const prompts: SavedPrompt[] = [];
  const place = (last: PromptNode | undefined): number => {
    for (const node of promptNodes(last)) {
      if (places.has(node)) continue;
      const { previous, ...rest } = node;
      places.set(node, prompts.length);
      prompts.push({ ...rest, previous: previous === undefined ? -1 : places.get(previous)! });
    }
    return last === undefined ? -1 : places.get(last)!;
  };
  const saveNow = (state: PromptState): SavedPromptState => ({ prompts: place(state.prompts), queued: state.queued });
  const saveStep = (step: HistoryStep): SavedStep => ({
    before: saveNow(step.before),
    after: saveNow(step.after),
    deltas: step.deltas,
  });
  const undo = live.history.undo.map(saveStep);
  const redo = live.history.redo.map(saveStep);
  const now = saveNow(live.now);
  return { version: stateVersion, size: live.size, seed: live.seed, mask: live.mask, prompts, now, undo, redo };
}

/** Throws `SegmentError` (`StateUnusable`) when a reference leads nowhere or the version is not ours. */
export function restoreState(saved: SegmenterState): LiveState {
  if (saved.version !== stateVersion) {
    throw new SegmentError(
      "StateUnusable",
      `Cannot continue from this saved object: it has version ${saved.version}, and this program reads version ${stateVersion}`,
    );
  }
  const nodes: PromptNode[] = [];
  const node = (place: number): PromptNode | undefined => {
    if (place === -1) return undefined;
    if (!(place in nodes)) {
      throw new SegmentError("StateUnusable", `Cannot continue from this saved object: it lacks prompt ${place}`);
    }
    return nodes[place];
  };
  for (const { previous, ...rest } of saved.prompts) nodes.push({ ...rest, previous: node(previous) });
  const restoreNow = (state: SavedPromptState): PromptState => ({ prompts: node(state.prompts), queued: state.queued });
  const restoreStep = (step: SavedStep): HistoryStep => ({
    before: restoreNow(step.before),
    after: restoreNow(step.after),
    deltas: step.deltas as readonly MaskDelta[],
  });
  return {
    size: saved.size,
    seed: saved.seed,
    mask: saved.mask,
    now: restoreNow(saved.now),
    history: { undo: saved.undo.map(restoreStep), redo: saved.redo.map(restoreStep) },
  };
}
