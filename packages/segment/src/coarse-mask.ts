import { type Box, clipBox, linearSources, type Vec3 } from "@septum/volume";
import { rangeMask } from "./bit-grid.ts";
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
  const [p0, p1, p2] = view.patchSize;
  const [deep, high, wide] = [0, 1, 2].map((axis) => linearSources(view.patchSize[axis], view.size[axis]));
  const runs = firstUses(wide.lower, p2);
  const empty = emptyRows(prediction, p0 * p1, p2);
  const [origin0, origin1, origin2] = [view.box[0][0], view.box[1][0], view.box[2][0]];
  // Neighbouring output rows lie between the same four patch rows, and share what these say.
  const between = createCells(prediction, p2);
  let cellsOf = -1;

  const readRow = (a: number, b: number, c: number, count: number, out: Uint32Array): void => {
    const y = a - origin0;
    const x = b - origin1;
    for (let w = (count - 1) >>> 5; w >= 0; w--) out[w] = 0;
    const row00 = deep.lower[y] * p1 + high.lower[x];
    const row01 = deep.lower[y] * p1 + high.upper[x];
    const row10 = deep.upper[y] * p1 + high.lower[x];
    const row11 = deep.upper[y] * p1 + high.upper[x];
    if ((empty[row00] & empty[row01] & empty[row10] & empty[row11]) === 1) return;
    if (cellsOf !== row00) between.read(row00 * p2, row01 * p2, row10 * p2, row11 * p2);
    cellsOf = row00;
    const { codes, stretches } = between;
    const u0 = deep.lowerWeight[y];
    const u1 = deep.upperWeight[y];
    const v0 = high.lowerWeight[x];
    const v1 = high.upperWeight[x];
    const from = c - origin2;
    const to = from + count;
    for (let s = 0; s < between.count; s++) {
      const start = Math.max(from, runs[stretches[3 * s]]);
      const end = Math.min(to, runs[stretches[3 * s + 1]]);
      if (stretches[3 * s + 2] === inside) {
        setWords(out, start - from, end - from);
        continue;
      }
      for (let n = start; n < end; n++) {
        const low = codes[wide.lower[n]];
        const next = codes[wide.lower[n] + 1];
        if (blend(low, next, wide.lowerWeight[n], wide.upperWeight[n], v0, v1, u0, u1) < 0.5) continue;
        out[(n - from) >>> 5] |= 1 << ((n - from) & 31);
      }
    }
  };
  const box: Box = clipBox(view.box, size);
  return { box, readRow };
}

/** Sets bits `from` to `end - 1`. */
function setWords(out: Uint32Array, from: number, end: number): void {
  for (let word = from >>> 5; 32 * word < end; word++) out[word] |= rangeMask(word, from, end);
}

/** For each row of the patch 1 when nothing in it is set. */
function emptyRows(prediction: Uint8Array, rows: number, length: number): Uint8Array {
  const empty = new Uint8Array(rows);
  for (let row = 0, at = 0; row < rows; row++, at += length) {
    let any = 0;
    for (let n = at; n < at + length; n++) any |= prediction[n];
    empty[row] = any === 0 ? 1 : 0;
  }
  return empty;
}

const surface = 1;
const inside = 2;

/** What lies between four patch rows: cells from each of their columns to the next. */
interface Cells {
  /** Of each column, the last one twice: bit n is what the n-th row has there. */
  readonly codes: Uint8Array;
  /** Stretches of cells that are not empty, three numbers each: the first cell, the end, and `surface` or `inside`. */
  readonly stretches: Int32Array;
  readonly count: number;
  /** The rows begin at these places of the prediction. */
  read(at00: number, at01: number, at10: number, at11: number): void;
}

function createCells(prediction: Uint8Array, length: number): Cells {
  const codes = new Uint8Array(length + 1);
  const stretches = new Int32Array(3 * length);
  let count = 0;
  return {
    codes,
    stretches,
    get count() {
      return count;
    },
    read(at00, at01, at10, at11) {
      for (let n = 0; n < length; n++) {
        codes[n] =
          prediction[at00 + n] |
          (prediction[at01 + n] << 1) |
          (prediction[at10 + n] << 2) |
          (prediction[at11 + n] << 3);
      }
      codes[length] = codes[length - 1];
      count = 0;
      let last = 0;
      for (let cell = 0; cell < length; cell++) {
        const all = codes[cell] & codes[cell + 1];
        const kind = all === 15 ? inside : (codes[cell] | codes[cell + 1]) === 0 ? 0 : surface;
        if (kind !== 0 && kind !== last) {
          stretches[3 * count] = cell;
          stretches[3 * count++ + 2] = kind;
        }
        if (kind !== 0) stretches[3 * count - 2] = cell + 1;
        last = kind;
      }
    },
  };
}

/** Value between two columns, given as codes, with weights along the last (`w`), middle (`v`) and first (`u`) axis. */
function blend(
  low: number,
  high: number,
  w0: number,
  w1: number,
  v0: number,
  v1: number,
  u0: number,
  u1: number,
): number {
  const row00 = fround((low & 1) * w0 + (high & 1) * w1);
  const row01 = fround(((low >> 1) & 1) * w0 + ((high >> 1) & 1) * w1);
  const row10 = fround(((low >> 2) & 1) * w0 + ((high >> 2) & 1) * w1);
  const row11 = fround(((low >> 3) & 1) * w0 + ((high >> 3) & 1) * w1);
  const plane0 = fround(v0 * row00 + fround(v1 * row01));
  const plane1 = fround(v0 * row10 + fround(v1 * row11));
  return fround(u0 * plane0 + fround(u1 * plane1));
}

/** For each patch index the first output sample whose lower neighbour it is, and the number of outputs at the end. */
function firstUses(lower: Int32Array, length: number): Int32Array {
  const first = new Int32Array(length + 1).fill(lower.length);
  for (let n = lower.length - 1; n >= 0; n--) first[lower[n]] = n;
  for (let cell = length - 1; cell >= 0; cell--) first[cell] = Math.min(first[cell], first[cell + 1]);
  return first;
}
