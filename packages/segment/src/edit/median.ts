import { bitBytes, readBits, type Vec3 } from "@septum/volume";
import type { MaskBits } from "../mask-delta.ts";
import type { Work } from "./work.ts";

/**
 * The median of the window that reaches `reach` voxels from each voxel in each direction: set where more than half of the
 * window is. Nothing is set outside the grid, so that a flat cut at its edge stays.
 *
 * Sums of windows are carried on from voxel to voxel, row to row and slice to slice: the time does not depend on the reach.
 */
export function* median(mask: MaskBits, reach: Vec3): Work<Uint8Array<ArrayBuffer>> {
  const [ni, nj, nk] = mask.size;
  const plane = ni * nj;
  const window = (2 * reach[0] + 1) * (2 * reach[1] + 1) * (2 * reach[2] + 1);
  const sums = new Uint32Array(plane);
  const flat = new Uint32Array(plane);
  const sumSlice = slicesOf(mask, reach);
  const out = new Uint8Array(bitBytes(plane * nk));
  for (let k = 0; k < Math.min(reach[2], nk); k++) {
    sumSlice(k, flat);
    for (let n = 0; n < plane; n++) sums[n] += flat[n];
    yield;
  }
  for (let k = 0; k < nk; k++) {
    if (k + reach[2] < nk) {
      sumSlice(k + reach[2], flat);
      for (let n = 0; n < plane; n++) sums[n] += flat[n];
    }
    if (k - reach[2] - 1 >= 0) {
      sumSlice(k - reach[2] - 1, flat);
      for (let n = 0; n < plane; n++) sums[n] -= flat[n];
    }
    for (let n = 0, at = k * plane; n < plane; n++, at++) {
      if (2 * sums[n] > window) out[Math.floor(at / 8)] |= 1 << (at & 7);
    }
    yield;
  }
  return out;
}

/** Sums over windows within one slice. */
function slicesOf({ bits, size }: MaskBits, [reachI, reachJ]: Vec3) {
  const [ni, nj] = size;
  const plane = ni * nj;
  const words = new Uint32Array(Math.ceil(ni / 32));
  const rows = new Uint32Array(plane);
  const sum = new Uint32Array(ni);
  return (k: number, out: Uint32Array): void => {
    for (let j = 0; j < nj; j++) {
      readBits(bits, plane * k + ni * j, ni, words);
      let count = 0;
      for (let i = 0; i < Math.min(reachI, ni); i++) count += (words[i >>> 5] >>> (i & 31)) & 1;
      for (let i = 0; i < ni; i++) {
        const come = i + reachI;
        const gone = i - reachI - 1;
        if (come < ni) count += (words[come >>> 5] >>> (come & 31)) & 1;
        if (gone >= 0) count -= (words[gone >>> 5] >>> (gone & 31)) & 1;
        rows[i + ni * j] = count;
      }
    }
    sum.fill(0);
    for (let j = 0; j < Math.min(reachJ, nj); j++) for (let i = 0; i < ni; i++) sum[i] += rows[i + ni * j];
    for (let j = 0; j < nj; j++) {
      const come = ni * (j + reachJ);
      const gone = ni * (j - reachJ - 1);
      if (come < plane) for (let i = 0; i < ni; i++) sum[i] += rows[come + i];
      if (gone >= 0) for (let i = 0; i < ni; i++) sum[i] -= rows[gone + i];
      out.set(sum, ni * j);
    }
  };
}
