import type { Box, Vec3 } from "@septum/volume";
import type { PromptKind } from "./model.ts";

/**
 * What is known after one network pass. Boxes are `[i, j, k]`. `bits()` gives the mask found by this pass over `box`, one
 * bit per voxel, `i` fastest, lowest bit first; it is worked out when called, and only until the generator moves on.
 */
export type Step = CoarseStep | RefineStep;

/** An object as it would be if its prediction ended here. */
export interface Preview {
  /** All that was looked at so far, `[i, j, k]`. */
  readonly box: Box;
  /** One bit per voxel of `box`, `i` fastest, lowest bit first; worked out when called, and only until the call has ended. */
  bits(): Uint8Array<ArrayBuffer>;
}

/** A look at the object, possibly zoomed out. More may follow when the object reaches the border of the view. */
export interface CoarseStep {
  readonly type: "coarse";
  /** Voxels per patch voxel, 1 to 4, along the axis that is zoomed out furthest. */
  readonly zoom: number;
  /** Passes done so far in this call, this one included. */
  readonly passes: number;
  /** What the network saw, clipped to the volume. */
  readonly box: Box;
  /** Prompts still to be predicted after this one, when prompts are replayed. */
  readonly following?: number;
  /** The mask there was, and this look over it. */
  readonly preview: Preview;
  bits(): Uint8Array<ArrayBuffer>;
}

/** One refinement patch at full resolution. */
export interface RefineStep {
  readonly type: "refine";
  /** Counted from 0. */
  readonly index: number;
  /** How many refinement patches this prediction has. */
  readonly count: number;
  readonly passes: number;
  /** The patch, clipped to the volume. */
  readonly box: Box;
  readonly following?: number;
  /** The mask there was, over it the last coarse look until it has been refined, and what was refined so far. */
  readonly preview: Preview;
  bits(): Uint8Array<ArrayBuffer>;
}

/** What a finished call did. Boxes are `[i, j, k]`. */
export interface Applied {
  /** Nothing outside it changed. Clipped to the volume; undefined when no voxel can have changed. */
  readonly changed?: Box;
  /** Zoom of each coarse pass. Empty when nothing was predicted. */
  readonly zooms: readonly number[];
  /** What each coarse pass saw; may reach outside the volume. */
  readonly coarseBoxes: readonly Box[];
  /** Refinement patches in order; may reach outside the volume. */
  readonly boxes: readonly Box[];
  /** Network passes. */
  readonly passes: number;
  /** Voxels of the object now. */
  readonly voxels: number;
  /** Refinement patches that were chosen with the random generator (spec §6.7). */
  readonly randomLeftover: number;
  /** Time inside `model.predict`. */
  readonly secondsNetwork: number;
  readonly secondsTotal: number;
}

/** A prompt as the segmenter remembers it. */
export interface PromptRecord {
  readonly kind: PromptKind | "initial";
  readonly positive: boolean;
  /** Where it is, `[i, j, k]`: a point's own voxel, the clipped box, the nonzero part of a mask. */
  readonly box: Box;
}

/** Where the network will look first; kept from a prompt to the next prediction. Engine axes `[k, j, i]`. */
export interface QueuedView {
  readonly centre: Vec3;
  readonly zoom: number;
}
