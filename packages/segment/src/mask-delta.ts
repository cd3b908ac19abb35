import {
  type Box,
  bitBytes,
  bitsBoundingBox,
  boxSize,
  boxVoxels,
  countBits,
  cutBits,
  pasteBits,
  shiftBox,
  type Vec3,
} from "@septum/volume";
import { compressBits, expandBits, type PackedBits } from "./bit-runs.ts";

/** Which voxels of a box changed. Applying it twice changes nothing, so the same delta serves undo and redo. */
export interface MaskDelta {
  /** Just large enough, `[i, j, k]`. */
  readonly box: Box;
  readonly flipped: PackedBits;
}

/** A mask of one bit per voxel over a whole volume, `[i, j, k]`. */
export interface MaskBits {
  readonly bits: Uint8Array;
  readonly size: Vec3;
}

/**
 * Writes `bits` (tight, one per voxel of `box`) into the mask.
 *
 * Returns what changed, or undefined when nothing did, and by how many voxels the mask grew.
 */
export function writeBits(mask: MaskBits, box: Box, bits: Uint8Array): { delta?: MaskDelta; grown: number } {
  const voxels = boxVoxels(box);
  const flipped = cutBits(mask.bits, mask.size, box);
  const before = countBits(flipped, 0, voxels);
  for (let n = 0; n < flipped.length; n++) flipped[n] ^= bits[n];
  const size = boxSize(box);
  const tight = bitsBoundingBox(flipped, size);
  if (tight === undefined) return { grown: 0 };
  pasteBits(bits, mask.bits, mask.size, box);
  const packed = compressBits(cutBits(flipped, size, tight), boxVoxels(tight));
  const delta = { box: shiftBox(tight, [box[0][0], box[1][0], box[2][0]]), flipped: packed };
  return { delta, grown: countBits(bits, 0, voxels) - before };
}

/** Flips the voxels of a delta; returns by how many voxels the mask grew. */
export function applyDelta(mask: MaskBits, delta: MaskDelta): number {
  const voxels = delta.flipped.count;
  const flipped = expandBits(delta.flipped);
  const bits = cutBits(mask.bits, mask.size, delta.box);
  const before = countBits(bits, 0, voxels);
  for (let n = 0; n < bitBytes(voxels); n++) bits[n] ^= flipped[n];
  pasteBits(bits, mask.bits, mask.size, delta.box);
  return countBits(bits, 0, voxels) - before;
}

/** Memory a delta takes, about. */
export function deltaBytes(delta: MaskDelta): number {
  return 128 + delta.flipped.data.length;
}
