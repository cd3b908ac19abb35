import { type Box, clipBox, type LinearSources, linearSources, type Vec3 } from "@septum/volume";
import type { MaskRows } from "./mask-rows.ts";
import type { View } from "./view.ts";

const { fround } = Math;

/**
 * A zoomed-out prediction seen at full resolution: trilinear, foreground from 0.5 on (spec §6.6 step 1), worked out for the
 * rows that are asked for and only near the object's surface.
 *
 * The order of rounding is PyTorch's (spec §6.3): innermost axis first, each step `fl32(w0 * a + fl32(w1 * b))`. Values of
 * exactly one half are common, so any other order flips voxels.
 *
 * `prediction` has one byte per voxel of the patch, C order, 0 or 1. The rows cover the view's box inside the volume.
 */
export function coarseRows(prediction: Uint8Array, view: View, size: Vec3): MaskRows {
  const [, p1, p2] = view.patchSize;
  const axes = [0, 1, 2].map((axis) => linearSources(view.patchSize[axis], view.size[axis]));
  const runs = firstUses(axes[2].lower, p2);
  const [origin0, origin1, origin2] = [view.box[0][0], view.box[1][0], view.box[2][0]];
  const codes = new Uint8Array(p2 + 1);
  let codesOf = -1;
  let codesAlike = true;

  // Bit n of a code is the n-th of the four patch rows around an output row.
  const loadCodes = (a: number, b: number): void => {
    const key = a * view.size[1] + b;
    if (key === codesOf) return;
    codesOf = key;
    const rows = [axes[0].lower[a], axes[0].upper[a]].flatMap((pa) =>
      [axes[1].lower[b], axes[1].upper[b]].map((pb) => p2 * (pb + p1 * pa)),
    );
    codesAlike = combineRows(prediction, rows, codes, p2);
  };

  const readRow = (a: number, b: number, c: number, count: number, out: Uint32Array): void => {
    const [ra, rb, rc] = [a - origin0, b - origin1, c - origin2];
    out.fill(0, 0, Math.ceil(count / 32));
    loadCodes(ra, rb);
    if (codesAlike && codes[0] === 0) return;
    const blend = blender(axes[0], ra, axes[1], rb);
    const end = rc + count;
    for (let cell = axes[2].lower[rc]; cell < p2 && runs[cell] < end; cell++) {
      const from = Math.max(rc, runs[cell]);
      const to = Math.min(end, runs[cell + 1]);
      const [low, high] = [codes[cell], codes[cell + 1]];
      if ((low | high) === 0) continue;
      if ((low & high) === 15) {
        for (let n = from - rc; n < to - rc; n++) out[n >>> 5] |= 1 << (n & 31);
        continue;
      }
      for (let n = from; n < to; n++) {
        if (blend(low, high, axes[2].lowerWeight[n], axes[2].upperWeight[n]) < 0.5) continue;
        out[(n - rc) >>> 5] |= 1 << ((n - rc) & 31);
      }
    }
  };
  const box: Box = clipBox(view.box, size);
  return { box, readRow };
}

/** Codes of one row of the patch, the last one twice; says whether all are alike. */
function combineRows(prediction: Uint8Array, rows: readonly number[], codes: Uint8Array, length: number): boolean {
  const [r0, r1, r2, r3] = rows;
  let alike = true;
  for (let n = 0; n < length; n++) {
    const code = prediction[r0 + n] | (prediction[r1 + n] << 1) | (prediction[r2 + n] << 2) | (prediction[r3 + n] << 3);
    codes[n] = code;
    if (code !== codes[0]) alike = false;
  }
  codes[length] = codes[length - 1];
  return alike;
}

/** Value between two patch columns, given as codes, for one output row. */
function blender(axis0: LinearSources, a: number, axis1: LinearSources, b: number) {
  const [u0, u1] = [axis0.lowerWeight[a], axis0.upperWeight[a]];
  const [v0, v1] = [axis1.lowerWeight[b], axis1.upperWeight[b]];
  return (low: number, high: number, w0: number, w1: number): number => {
    const column0 = fround((low & 1) * w0 + (high & 1) * w1);
    const column1 = fround(((low >> 1) & 1) * w0 + ((high >> 1) & 1) * w1);
    const column2 = fround(((low >> 2) & 1) * w0 + ((high >> 2) & 1) * w1);
    const column3 = fround(((low >> 3) & 1) * w0 + ((high >> 3) & 1) * w1);
    const row0 = fround(v0 * column0 + fround(v1 * column1));
    const row1 = fround(v0 * column2 + fround(v1 * column3));
    return fround(u0 * row0 + fround(u1 * row1));
  };
}

/** For each patch index the first output sample whose lower neighbour it is, and the number of outputs at the end. */
function firstUses(lower: Int32Array, length: number): Int32Array {
  const first = new Int32Array(length + 1).fill(lower.length);
  for (let n = lower.length - 1; n >= 0; n--) first[lower[n]] = n;
  for (let cell = length - 1; cell >= 0; cell--) first[cell] = Math.min(first[cell], first[cell + 1]);
  return first;
}
