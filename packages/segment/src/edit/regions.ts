import { type Box, cutBits, intersectBoxes, pasteBits, shiftBox, type Vec3 } from "@septum/volume";
import type { MaskBits } from "../mask-delta.ts";

/** The box with `margin` voxels more on each side, along each axis. */
export function widened(box: Box, [a, b, c]: Vec3): Box {
  return [
    [box[0][0] - a, box[0][1] + a],
    [box[1][0] - b, box[1][1] + b],
    [box[2][0] - c, box[2][1] + c],
  ];
}

/** Whole voxels that lie within so many mm, along each axis. */
export function reachOf(mm: number, spacing: Vec3): Vec3 {
  const steps = (axis: 0 | 1 | 2) => Math.floor(mm / spacing[axis] + 1e-6);
  return [steps(0), steps(1), steps(2)];
}

/** The part of the mask over a box, which may reach outside: nothing is set there. */
export function partOf(mask: MaskBits, box: Box): MaskBits {
  const size: Vec3 = [box[0][1] - box[0][0], box[1][1] - box[1][0], box[2][1] - box[2][0]];
  const inside = intersectBoxes(box, [
    [0, mask.size[0]],
    [0, mask.size[1]],
    [0, mask.size[2]],
  ]);
  const cut = cutBits(mask.bits, mask.size, inside);
  const moved = shiftBox(inside, [-box[0][0], -box[1][0], -box[2][0]]);
  if (moved.every(([lo, hi], axis) => lo === 0 && hi === size[axis])) return { bits: cut, size };
  const bits = new Uint8Array(Math.ceil((size[0] * size[1] * size[2]) / 8));
  pasteBits(cut, bits, size, moved);
  return { bits, size };
}
