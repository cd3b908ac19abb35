import type { Box, Vec3 } from "@septum/volume";
import type { EditedBox } from "./edit/edit-mask.ts";
import type { PreparedImage } from "./image.ts";
import type { Model } from "./model.ts";
import type { PartsChange, SavedParts } from "./parts.ts";
import type { Prompt } from "./prompt.ts";
import type { RandomIndex } from "./random.ts";
import type { SegmenterState } from "./state.ts";
import type { Applied, PromptRecord, Step } from "./steps.ts";

export interface SegmenterOptions {
  /** May be shared by any number of segmenters. */
  readonly image: PreparedImage;
  readonly model: Model;
  /**
   * Where the mask is kept: one bit per voxel in the volume's memory order, lowest bit first, `ceil(voxels / 8)` bytes, all
   * zero or about to be overwritten by `state`. May view a `SharedArrayBuffer`. Allocated when absent.
   */
  readonly mask?: Uint8Array;
  /** Continue from here, bit for bit. Undefined starts empty. */
  readonly state?: SegmenterState;
  /** The same from what `save` gave, all of its changes made one after the other. */
  readonly saved?: SavedParts;
  /** For the leftover step of the box cover: same seed and prompts, same mask. */
  readonly seed?: number;
  /** Replaces the seeded generator; called once per prediction with the number of prompts so far. */
  readonly random?: (prompts: number) => RandomIndex;
  /** Most bytes that undo and redo may hold; the oldest steps are forgotten first. */
  readonly historyBytes?: number;
  /** Clock in milliseconds. */
  readonly now?: () => number;
  /** Awaited between pieces of work of some milliseconds, so that others whom the thread serves get their turn. */
  readonly pause?: () => Promise<void>;
}

export interface PredictOptions {
  /** Zoom out while the object reaches the border of the view. Default true. */
  readonly autozoom?: boolean;
  readonly signal?: AbortSignal;
}

export interface ApplyOptions extends PredictOptions {
  /** Default true, and false for an initial mask. */
  readonly predict?: boolean;
}

export interface PredictCallOptions extends PredictOptions {
  /** Refine the whole previous mask as well, not only what changed. Matters only when zoomed out. Default false. */
  readonly forceFullRefine?: boolean;
  /** One step to undo, and not a part of the step of the prompt that it answers. Default false. */
  readonly ownStep?: boolean;
}

/** A change of what was said before; `at` counts the prompts from 0. */
export type PromptEdit =
  /** As if it had never been given. */
  | { readonly type: "remove"; readonly at: number }
  /** As if it had been given with this sign. Not for an initial mask. */
  | { readonly type: "sign"; readonly at: number; readonly positive: boolean }
  /** As if it had been given this many voxels away, `[i, j, k]`, and with this sign if one is given. Not for an initial mask. */
  | { readonly type: "move"; readonly at: number; readonly offset: Vec3; readonly positive?: boolean }
  /** As if this had been given in its place. */
  | { readonly type: "replace"; readonly at: number; readonly prompt: Exclude<Prompt, { kind: "initial" }> }
  /** As if this were all that had ever been given. */
  | { readonly type: "restart"; readonly prompt: Exclude<Prompt, { kind: "initial" }> };

/**
 * One object on one image: its prompts, its mask, its history (spec §4–§6, profile P26).
 *
 * `apply`, `predict` and `rewrite` are transactions: they yield after every network pass and change nothing until they end. After an
 * error, an abort, or `.return()` the segmenter is as it was before. While one runs, every other changing call is refused
 * (`SegmenterBusy`). All coordinates are `[i, j, k]`.
 */
export interface Segmenter {
  /** One bit per voxel of the volume, `i` fastest, lowest bit first. Read only. */
  readonly mask: Uint8Array;
  /** Voxels of the object. */
  readonly voxels: number;
  /** Prompts since the last reset, oldest first. */
  readonly prompts: readonly PromptRecord[];
  /** Strength of the newest prompt: grows by `1 / decay` with every prompt (spec §5.1). */
  readonly intensity: number;
  /** Steps that `undo` and `redo` can go. */
  readonly undoable: number;
  readonly redoable: number;
  /** Memory held: mask, prompts, history. Not the image. */
  readonly bytes: number;
  /** Adds one prompt and predicts. Throws `SegmentError` before anything changes when the prompt cannot be used. */
  apply(prompt: Prompt, options?: ApplyOptions): AsyncGenerator<Step, Applied, void>;
  /** Predicts from the last prompt that was added without predicting; does nothing when there is none. */
  predict(options?: PredictCallOptions): AsyncGenerator<Step, Applied, void>;
  /**
   * Changes what was said before. The prompts from there on are predicted again, each as it was the first time, so that the
   * object equals one for which it had been so all along. One step to undo. Throws `SegmentError` (`PromptInvalid`, and what
   * `apply` throws) before anything changes.
   */
  rewrite(edit: PromptEdit, options?: PredictOptions): AsyncGenerator<Step, Applied, void>;
  /** Takes back the last prompt, initial mask, rewriting, edit or reset; undefined when there is none. */
  undo(): Applied | undefined;
  redo(): Applied | undefined;
  /**
   * What a box of the mask is to hold from now on, as by hand. One step to undo; the prompts there were are done with, and the
   * mask is what the next one starts from. Nothing, and no step, when the box holds that already.
   */
  edit(box: Box, bits: Uint8Array): Applied;
  /** Voxels that the last step added; undefined when there are none. */
  gained(): EditedBox | undefined;
  /** Voxels of a box that `trim` took away in a step of its own since the object was empty, as far as the history goes. */
  lost(box: Box): Uint8Array<ArrayBuffer>;
  /** Takes voxels away that belong to another object; the prompts stay. One step to undo, or part of the last one. */
  trim(voxels: EditedBox, options?: { readonly extend?: boolean }): Applied;
  /** No prompts, empty mask. Can be undone. */
  reset(): Applied;
  /** Everything needed to continue elsewhere: plain data, for `structuredClone` or `encodeState`. */
  state(): SegmenterState;
  /**
   * What has changed since the last `save`, or since what the segmenter was opened from, for whoever keeps its parts. It is
   * told once: when it cannot be written, let go of the segmenter and open it again.
   */
  save(): PartsChange;
}
