import { type Box, clipBox, countBits, isEmptyBox, uniteBoxes } from "@septum/volume";
import { compressBits, type PackedBits } from "./bit-runs.ts";
import { createBounds } from "./bounds.ts";
import { fillStarts } from "./edit/start-mask.ts";
import { swapAxes, swapBoxAxes } from "./engine-space.ts";
import { extendLastStep, type History, type HistoryStep, type PromptState, recordStep } from "./history.ts";
import { createKeeper } from "./keeper.ts";
import { applyDelta, type MaskBits, type MaskDelta, writeBits } from "./mask-delta.ts";
import { collectBits, type MaskRows } from "./mask-rows.ts";
import type { PartsChange } from "./parts.ts";
import type { SegmenterOptions } from "./segmenter-api.ts";
import { bytesHeld, openState } from "./segmenter-state.ts";
import { type SegmenterState, saveState } from "./state.ts";

/** What is to become of an object. */
export interface Change {
  /** A function is asked once the masks have been written. */
  readonly after: PromptState | (() => PromptState);
  /** Masks to write one after the other, engine axes. */
  readonly masks: readonly MaskRows[];
  /** Whether the change belongs to the step before it. */
  readonly extend?: boolean;
  /** Engine axes: what a prediction wrote, changed or not. */
  readonly written?: Box;
}

/** Nothing outside the box changed, `[i, j, k]`; undefined when no voxel did. */
export interface Moved {
  readonly changed?: Box;
}

/** An object's mask and prompts, what they were, and what was undone: nothing else changes them, and all at once. */
export interface Timeline {
  readonly mask: MaskBits;
  readonly voxels: number;
  readonly now: PromptState;
  readonly history: History;
  readonly seed: number;
  /** Memory held, about. */
  readonly bytes: number;
  /** Around the object's voxels, engine axes; undefined when it has none. */
  box(): Box | undefined;
  commit(change: Change): Moved;
  /** One step back; undefined when there is none. */
  undo(): Moved | undefined;
  /** One step forth; undefined when there is none. */
  redo(): Moved | undefined;
  /** Makes `copy` the mask before the step at this place of the history, and says what else there was. */
  rewind(copy: MaskBits, place: number): PromptState;
  /** All of it as plain data. */
  state(): SegmenterState;
  /** What changed since it was saved last. */
  save(): PartsChange;
}

/** Opens what the options have saved, or starts empty. Throws what `createSegmenter` throws. */
export function openTimeline(options: SegmenterOptions): Timeline {
  const { size } = options.image.volume;
  const engineSize = swapAxes(size);
  const opened = openState(options);
  const { seed, historyBytes } = opened;
  const mask: MaskBits = { bits: opened.bits, size };
  const volume = size[0] * size[1] * size[2];
  const keeper = createKeeper(opened.kept);
  let { now, history } = opened;
  let voxels = countBits(mask.bits, 0, volume);
  const bounds = createBounds(mask);

  /** Flips the voxels of a step, in either direction. */
  function travel(step: HistoryStep, to: PromptState): Moved {
    let changed: Box | undefined;
    for (const delta of step.deltas) {
      const grown = applyDelta(mask, delta);
      voxels += grown;
      bounds.flipped(delta, grown);
      changed = uniteBoxes(changed, delta.box);
    }
    keeper.flipped(step);
    now = to;
    return { changed };
  }

  /** Keeps what only the steps knew that the history has just dropped: the first so many of these. */
  function forget(known: readonly HistoryStep[], dropped: number): void {
    if (dropped > 0) keeper.filled(fillStarts(mask, [...known.slice(0, dropped), ...history.undo], dropped));
  }

  function packedMask(): PackedBits {
    return compressBits(mask.bits, volume);
  }

  return {
    mask,
    seed,
    get voxels() {
      return voxels;
    },
    get now() {
      return now;
    },
    get history() {
      return history;
    },
    get bytes() {
      return mask.bits.length + bytesHeld(now, history);
    },
    box() {
      const box = voxels === 0 ? undefined : bounds.box();
      return box && swapBoxAxes(box);
    },
    commit({ after: planned, masks, extend, written }) {
      const deltas: MaskDelta[] = [];
      let changed = written && clipBox(written, engineSize);
      for (const rows of masks) {
        const box = clipBox(rows.box, engineSize);
        if (isEmptyBox(box)) continue;
        const { delta, grown } = writeBits(mask, swapBoxAxes(box), collectBits(rows, box));
        if (delta === undefined) continue;
        deltas.push(delta);
        voxels += grown;
        bounds.flipped(delta, grown);
        changed = uniteBoxes(changed, swapBoxAxes(delta.box));
      }
      const after = typeof planned === "function" ? planned() : planned;
      const known = history.undo;
      // A prediction that none waited for is no change, and what was undone can still be redone.
      if (extend && after !== now) {
        const last = history.undo.at(-1);
        if (last) keeper.flipped(last);
        history = extendLastStep(history, after, deltas, historyBytes);
        keeper.flipped(history.undo.at(-1) ?? { before: now, after, deltas });
      }
      if (!extend) {
        const step = { before: now, after, deltas };
        history = recordStep(history, step, historyBytes);
        keeper.flipped(step);
      }
      now = after;
      forget(known, known.length + (extend ? 0 : 1) - history.undo.length);
      return { changed: changed && swapBoxAxes(changed) };
    },
    undo() {
      const step = history.undo.at(-1);
      if (step === undefined) return undefined;
      history = { undo: history.undo.slice(0, -1), redo: [...history.redo, step] };
      return travel(step, step.before);
    },
    redo() {
      const step = history.redo.at(-1);
      if (step === undefined) return undefined;
      history = { undo: [...history.undo, step], redo: history.redo.slice(0, -1) };
      return travel(step, step.after);
    },
    rewind(copy, place) {
      copy.bits.set(mask.bits);
      for (const step of history.undo.slice(place)) for (const delta of step.deltas) applyDelta(copy, delta);
      return history.undo[place].before;
    },
    state: () => saveState({ size, seed, mask: packedMask(), now, history }),
    save: () => keeper.save({ size, seed, now, history }, packedMask),
  };
}
