import { type Box, bitBytes, bitsBoundingBox, pasteBits, type Vec3 } from "@septum/volume";
import type { MaskBits } from "../mask-delta.ts";
import { squaredDistances } from "./distance.ts";
import type { EditAxis } from "./mask-edit.ts";
import { partOf } from "./regions.ts";
import type { Work } from "./work.ts";

/**
 * The mask with its gaps filled along an axis. A slice counts as drawn when the mask has a voxel on it, and each run of empty
 * slices between two drawn ones is filled from those two: between their signed distances to the outline, in mm on the slice
 * and negative inside, the slice's own is interpolated, and what is not above 0 belongs to it (Raya and Udupa, 1990).
 * Undefined when there is no empty slice between two drawn ones.
 */
export function* fillBetween(mask: MaskBits, spacing: Vec3, axis: EditAxis): Work<Uint8Array<ArrayBuffer> | undefined> {
  const drawn = drawnSlices(mask, axis);
  const gaps = drawn.flatMap((slice, n) => (n > 0 && slice > drawn[n - 1] + 1 ? [[drawn[n - 1], slice] as const] : []));
  if (gaps.length === 0) return undefined;
  const bits = Uint8Array.from(mask.bits);
  for (const [from, to] of gaps) {
    const before = yield* signedDistances(mask, spacing, axis, from);
    const after = yield* signedDistances(mask, spacing, axis, to);
    const between = new Uint8Array(bitBytes(before.length));
    for (let slice = from + 1; slice < to; slice++) {
      const part = (slice - from) / (to - from);
      between.fill(0);
      for (let n = 0; n < before.length; n++) {
        if ((1 - part) * before[n] + part * after[n] <= tolerance) between[n >>> 3] |= 1 << (n & 7);
      }
      pasteBits(between, bits, mask.size, sliceBox(mask.size, axis, slice));
      yield;
    }
  }
  return bits;
}

/** A voxel that is as far inside one outline as outside the other belongs to it, whatever float32 makes of the difference. */
const tolerance = 1e-5;

/** Slices along the axis that have a voxel, ascending. */
function drawnSlices(mask: MaskBits, axis: EditAxis): number[] {
  return Array.from({ length: mask.size[axis] }, (_, slice) => slice).filter((slice) => {
    const part = partOf(mask, sliceBox(mask.size, axis, slice));
    return bitsBoundingBox(part.bits, part.size) !== undefined;
  });
}

/** In mm, of every voxel of a slice that has one set. */
function* signedDistances(mask: MaskBits, spacing: Vec3, axis: EditAxis, slice: number): Work<Float32Array> {
  const part = partOf(mask, sliceBox(mask.size, axis, slice));
  const outside = yield* squaredDistances(part, spacing, 1);
  const inside = yield* squaredDistances(part, spacing, 0);
  // A slice that is full has no outline to be away from: then farther than anything.
  return outside.map((squared, n) => (squared > 0 ? Math.sqrt(squared) : -Math.sqrt(inside[n])));
}

function sliceBox(size: Vec3, axis: EditAxis, slice: number): Box {
  const range = (at: number) => (at === axis ? ([slice, slice + 1] as const) : ([0, size[at]] as const));
  return [range(0), range(1), range(2)];
}
