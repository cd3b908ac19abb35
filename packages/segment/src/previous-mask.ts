import {
  areaWindows,
  type Box,
  boxVoxels,
  clipBox,
  countWord,
  isEmptyBox,
  nearestSources,
  toHalfBits,
  type Vec3,
  type Windows,
} from "@septum/volume";
import { type MaskRows, overlayRows } from "./mask-rows.ts";
import type { View } from "./view.ts";

const halfOne = 0x3c00;

/** Masks over `box` at full resolution as halves, 0 or 1; where several have a say the last one wins. */
export function cutMasks(masks: readonly MaskRows[], box: Box): Uint16Array<ArrayBuffer> {
  const values = new Uint16Array(boxVoxels(box));
  for (const rows of masks) overlayRows(rows, values, box, halfOne);
  return values;
}

/**
 * A mask averaged down to the patch of a zoomed view, as halves between 0 and 1 (spec §6.3, area). Counts voxels in whole
 * numbers, axis after axis, and rounds once; `size` is the volume's, engine axes.
 */
export function averageMask(mask: MaskRows, view: View, size: Vec3): Uint16Array<ArrayBuffer> {
  const [p0, p1, p2] = view.patchSize;
  const plane = p1 * p2;
  const out = new Uint16Array(p0 * plane);
  const inside = clipBox(view.box, size);
  if (isEmptyBox(inside)) return out;
  const [wide, high, deep] = [2, 1, 0].map((axis) => areaWindows(view.size[axis], view.patchSize[axis]));
  const [[a0, a1], [b0, b1], [c0, c1]] = inside;
  const columnsOf = rowCounter(mask, c0, c1 - c0, wide, c0 - view.box[2][0]);
  const rowUse = windowsAround(high, view.size[1]);
  const planeUse = windowsAround(deep, view.size[0]);
  const inRow = new Uint16Array(p2);
  const inPlane = new Uint16Array(plane);
  const planes = { from: p0, to: 0 };
  const rows = { from: p1, to: 0 };
  for (let a = a0; a < a1; a++) {
    const filled = { from: p1, to: 0 };
    for (let b = b0; b < b1; b++) {
      if (!columnsOf(a, b, inRow)) continue;
      const source = b - view.box[1][0];
      for (let target = rowUse.lo[source]; target < rowUse.hi[source]; target++) {
        add(inRow, 0, inPlane, target * p2, p2);
      }
      extend(filled, rowUse.lo[source], rowUse.hi[source]);
    }
    if (filled.to === 0) continue;
    const source = a - view.box[0][0];
    const [from, count] = [filled.from * p2, (filled.to - filled.from) * p2];
    for (let target = planeUse.lo[source]; target < planeUse.hi[source]; target++) {
      add(inPlane, from, out, target * plane + from, count);
    }
    inPlane.fill(0, from, from + count);
    extend(planes, planeUse.lo[source], planeUse.hi[source]);
    extend(rows, filled.from, filled.to);
  }
  countsToMeans(out, planes, rows, [deep, high, wide]);
  return out;
}

/** Planes or rows of a patch in which something is counted. */
interface Filled {
  from: number;
  to: number;
}

function extend(filled: Filled, from: number, to: number): void {
  filled.from = Math.min(filled.from, from);
  filled.to = Math.max(filled.to, to);
}

function add(from: Uint16Array, fromAt: number, to: Uint16Array, at: number, count: number): void {
  for (let n = 0; n < count; n++) to[at + n] += from[fromAt + n];
}

/** One voxel of the mask as the border test sees it: the nearest one (spec §6.4), 0 outside the volume. */
export function nearestMask(mask: MaskRows, view: View, size: Vec3): (a: number, b: number, c: number) => number {
  const [s0, s1, s2] = [0, 1, 2].map((axis) => nearestSources(view.size[axis], view.patchSize[axis]));
  const [[a0], [b0], [c0]] = view.box;
  const word = new Uint32Array(1);
  return (a, b, c) => {
    const [x, y, z] = [s0[a] + a0, s1[b] + b0, s2[c] + c0];
    if (x < 0 || y < 0 || z < 0 || x >= size[0] || y >= size[1] || z >= size[2]) return 0;
    mask.readRow(x, y, z, 1, word);
    return word[0];
  };
}

/** Counts set voxels of a row in each window; says whether there are any. `shift` is where the row starts in the view. */
function rowCounter(mask: MaskRows, c0: number, count: number, windows: Windows, shift: number) {
  const wordCount = Math.ceil(count / 32);
  const words = new Uint32Array(wordCount + 1);
  // Windows are a few voxels long, so that each lies in one word or two.
  const from = windows.lo.map((lo) => Math.min(count, Math.max(0, lo - shift)));
  const length = windows.hi.map((hi, n) => Math.max(0, Math.min(count, hi - shift) - from[n]));
  return (a: number, b: number, counts: Uint16Array): boolean => {
    mask.readRow(a, b, c0, count, words);
    let any = 0;
    for (let w = 0; w < wordCount; w++) any |= words[w];
    if (any === 0) return false;
    for (let n = 0; n < counts.length; n++) {
      const word = from[n] >>> 5;
      const up = from[n] & 31;
      let bits = words[word] >>> up;
      if (up + length[n] > 32) bits |= words[word + 1] << (32 - up);
      bits &= ~(-1 << length[n]);
      counts[n] = bits === 0 ? 0 : countWord(bits);
    }
    return true;
  };
}

/** For each source sample the half-open range of windows that hold it. */
function windowsAround(windows: Windows, inputs: number): Windows {
  const lo = new Int32Array(inputs).fill(windows.lo.length);
  const hi = new Int32Array(inputs);
  for (let n = 0; n < windows.lo.length; n++) {
    for (let source = windows.lo[n]; source < windows.hi[n]; source++) {
      lo[source] = Math.min(lo[source], n);
      hi[source] = n + 1;
    }
  }
  return { lo, hi };
}

/** Replaces counts in these planes and rows by their share of the window, rounded to half. */
function countsToMeans(
  counts: Uint16Array,
  planes: Filled,
  rows: Filled,
  [deep, high, wide]: readonly Windows[],
): void {
  const tables = new Map<number, Uint16Array<ArrayBuffer>>();
  const widths = wide.lo.map((lo, n) => wide.hi[n] - lo);
  let voxels = 0;
  let table = new Uint16Array();
  for (let a = planes.from; a < planes.to; a++) {
    for (let b = rows.from; b < rows.to; b++) {
      const side = (deep.hi[a] - deep.lo[a]) * (high.hi[b] - high.lo[b]);
      const row = widths.length * (b + high.lo.length * a);
      for (let c = 0; c < widths.length; c++) {
        const count = counts[row + c];
        if (count === 0) continue;
        if (side * widths[c] !== voxels) {
          voxels = side * widths[c];
          table = tables.get(voxels) ?? shares(voxels);
          tables.set(voxels, table);
        }
        counts[row + c] = table[count];
      }
    }
  }
}

/** Halves of `n / voxels`. */
function shares(voxels: number): Uint16Array<ArrayBuffer> {
  return Uint16Array.from({ length: voxels + 1 }, (_, n) => toHalfBits(Math.fround(n / voxels)));
}
