import { type Box, boxSize, packBits } from "@septum/volume";

/**
 * Nonzero part of a mask: its box and its bits, C order, lowest bit first. Undefined when the mask is all zero.
 *
 * `mask` has one byte per voxel of `box`, engine axes, C order.
 */
export function tightBits(mask: Uint8Array, box: Box): { box: Box; bits: Uint8Array<ArrayBuffer> } | undefined {
  const [n0, n1, n2] = boxSize(box);
  const lo = [n0, n1, n2];
  const hi = [0, 0, 0];
  for (let a = 0, at = 0; a < n0; a++) {
    for (let b = 0; b < n1; b++) {
      for (let c = 0; c < n2; c++, at++) {
        if (mask[at] === 0) continue;
        if (a < lo[0]) lo[0] = a;
        if (b < lo[1]) lo[1] = b;
        if (c < lo[2]) lo[2] = c;
        if (a >= hi[0]) hi[0] = a + 1;
        if (b >= hi[1]) hi[1] = b + 1;
        if (c >= hi[2]) hi[2] = c + 1;
      }
    }
  }
  if (hi[0] === 0) return undefined;
  const [s0, s1, s2] = [hi[0] - lo[0], hi[1] - lo[1], hi[2] - lo[2]];
  const tight = new Uint8Array(s0 * s1 * s2);
  for (let a = 0; a < s0; a++) {
    for (let b = 0; b < s1; b++) {
      const from = lo[2] + n2 * (lo[1] + b + n1 * (lo[0] + a));
      tight.set(mask.subarray(from, from + s2), s2 * (b + s1 * a));
    }
  }
  const range = (axis: number) => [box[axis][0] + lo[axis], box[axis][0] + hi[axis]] as const;
  return { box: [range(0), range(1), range(2)], bits: packBits(tight) };
}
