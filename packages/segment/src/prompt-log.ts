import { type Box, boxVoxels, type Vec3 } from "@septum/volume";
import { compressBits, type PackedBits } from "./bit-runs.ts";
import type { PromptRecord } from "./steps.ts";

/** What a prompt draws, in engine axes `[k, j, i]`. */
export type Shape =
  | { readonly type: "ball"; readonly centre: Vec3; readonly radius: number }
  | { readonly type: "solid"; readonly box: Box }
  /** One bit per voxel of `box`, C order, lowest bit first; cropped to its nonzero part. */
  | { readonly type: "mask"; readonly box: Box; readonly bits: Uint8Array };

/**
 * The prompts so far, as a list that only grows at its end: each node knows the one before. Undo is stepping back to an
 * earlier node, and histories share what they have in common. `undefined` is the empty list.
 */
export interface PromptNode {
  readonly previous?: PromptNode;
  readonly record: PromptRecord;
  /** Absent for an initial mask, which draws nothing: it is the mask. */
  readonly shape?: Shape;
  /** The intensity counter after this prompt, which is also the strength it is drawn with (spec §5.1). */
  readonly intensity: number;
  /** How the network was asked after this prompt, to ask it again the same way; false: it was not. Absent: as usual. */
  readonly predicted?: Predicted | false;
  /** Of an initial mask with a voxel set. */
  readonly initial?: StartMask;
  /** Factor applied to everything drawn before, when the counter would have left the range of half precision. */
  readonly rescale?: number;
}

/** The nonzero part of an initial mask, engine axes. */
export interface StartMask {
  readonly box: Box;
  /**
   * Absent where an edit made it: it is the mask from before the next step, as long as the history knows that one, and filled in
   * when it is forgotten. So an edit keeps what it changed and not the whole object.
   */
  bits?: PackedBits;
}

/** Only what is not as usual. */
export interface Predicted {
  readonly autozoom?: false;
  readonly refineAll?: true;
}

const largestHalf = 65504;
const restart = 6550.4;

/** The list with one more prompt, stronger than the ones before by `1 / decay`. */
export function appendPrompt(
  previous: PromptNode | undefined,
  record: PromptRecord,
  shape: Shape,
  decay: number,
): PromptNode {
  const before = previous?.intensity ?? 1;
  const intensity = decay < 1 ? before * (1 / decay) : before;
  if (intensity <= largestHalf) return { previous, record, shape, intensity };
  return { previous, record, shape, intensity: restart, rescale: restart / intensity };
}

/** A list that starts with an initial mask; `shape` is its nonzero part, if any. */
export function startFromMask(record: PromptRecord, shape?: Extract<Shape, { type: "mask" }>): PromptNode {
  if (shape === undefined) return { record, intensity: 1 };
  const { box, bits } = shape;
  return { record, intensity: 1, initial: { box, bits: compressBits(bits, boxVoxels(box)) } };
}

/** The nodes of a list, oldest first. */
export function promptNodes(last: PromptNode | undefined): PromptNode[] {
  const nodes: PromptNode[] = [];
  for (let node = last; node !== undefined; node = node.previous) nodes.push(node);
  return nodes.reverse();
}

/** Memory a node takes, about. */
export function nodeBytes(node: PromptNode): number {
  return 256 + (node.shape?.type === "mask" ? node.shape.bits.length : 0) + (node.initial?.bits?.data.length ?? 0);
}
