import { type Box, boxSize, countWord, type Vec3 } from "@septum/volume";
import type { MaskRows } from "./mask-rows.ts";

/** Bits over a small C-ordered grid, each row starting at a new 32-bit word, for work on 32 voxels at a time. */
export interface BitGrid {
  readonly size: Vec3;
  /** Words per row. Bits past the end of a row are 0. */
  readonly rowWords: number;
  readonly words: Uint32Array;
}

export function createBitGrid(size: Vec3): BitGrid {
  const rowWords = Math.ceil(size[2] / 32);
  return { size, rowWords, words: new Uint32Array(size[0] * size[1] * rowWords) };
}

/** Bits of a word that belong to `[from, to)` of its row; `word` counts the words of the row. */
export function rangeMask(word: number, from: number, to: number): number {
  const lo = from - 32 * word;
  const hi = to - 32 * word;
  if (hi <= 0 || lo >= 32) return 0;
  const low = lo > 0 ? -1 << lo : -1;
  return hi < 32 ? low & ~(-1 << hi) : low;
}

export function gridBit(grid: BitGrid, a: number, b: number, c: number): number {
  return (grid.words[(a * grid.size[1] + b) * grid.rowWords + (c >>> 5)] >>> (c & 31)) & 1;
}

/** Set bits inside `box`, which must lie in the grid. */
export function countInBox(grid: BitGrid, box: Box): number {
  const { size, rowWords, words } = grid;
  const [[a0, a1], [b0, b1], [c0, c1]] = box;
  if (c1 <= c0) return 0;
  const first = c0 >>> 5;
  const last = (c1 - 1) >>> 5;
  const firstMask = rangeMask(first, c0, c1);
  const lastMask = rangeMask(last, c0, c1);
  let total = 0;
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) {
      const row = (a * size[1] + b) * rowWords;
      let word = words[row + first] & firstMask;
      if (word !== 0) total += countWord(word);
      for (let w = first + 1; w <= last; w++) {
        word = w === last ? words[row + w] & lastMask : words[row + w];
        if (word !== 0) total += countWord(word);
      }
    }
  }
  return total;
}

/** Clears `box`, which must lie in the grid. */
export function clearBox(grid: BitGrid, box: Box): void {
  const { size, rowWords, words } = grid;
  const [[a0, a1], [b0, b1], [c0, c1]] = box;
  if (c1 <= c0) return;
  const first = c0 >>> 5;
  const last = (c1 - 1) >>> 5;
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) {
      const row = (a * size[1] + b) * rowWords;
      for (let w = first; w <= last; w++) words[row + w] &= ~rangeMask(w, c0, c1);
    }
  }
}

/** The smallest box of the grid that holds every set bit; undefined when none is set. */
export function gridBoundingBox(grid: BitGrid): Box | undefined {
  const { size, rowWords, words } = grid;
  const seen = new Uint32Array(rowWords);
  let [a0, a1, b0, b1] = [size[0], 0, size[1], 0];
  for (let a = 0, at = 0; a < size[0]; a++) {
    for (let b = 0; b < size[1]; b++) {
      let any = 0;
      for (let w = 0; w < rowWords; w++, at++) {
        any |= words[at];
        seen[w] |= words[at];
      }
      if (any === 0) continue;
      if (a < a0) a0 = a;
      a1 = a + 1;
      if (b < b0) b0 = b;
      if (b >= b1) b1 = b + 1;
    }
  }
  if (a1 === 0) return undefined;
  const first = seen.findIndex((word) => word !== 0);
  const last = seen.findLastIndex((word) => word !== 0);
  const c0 = 32 * first + 31 - Math.clz32(seen[first] & -seen[first]);
  const c1 = 32 * last + 32 - Math.clz32(seen[last]);
  return [
    [a0, a1],
    [b0, b1],
    [c0, c1],
  ];
}

/** A grid seen as rows at `origin` of engine space. */
export function gridRows(grid: BitGrid, box: Box): MaskRows {
  const [[a0], [b0], [c0]] = box;
  const { words, rowWords, size } = grid;
  return {
    box,
    readRow: (a, b, c, count, out) => {
      const row = ((a - a0) * size[1] + (b - b0)) * rowWords;
      const shift = (c - c0) & 31;
      const last = rowWords - 1;
      const wanted = Math.ceil(count / 32);
      for (let n = 0, at = (c - c0) >>> 5; n < wanted; n++, at++) {
        const high = shift === 0 || at >= last ? 0 : words[row + at + 1] << (32 - shift);
        out[n] = (words[row + at] >>> shift) | high;
      }
      if ((count & 31) !== 0) out[wanted - 1] &= ~(-1 << (count & 31));
    },
  };
}

/** A grid with the bits of `rows` over `box`. */
export function gridFrom(rows: MaskRows, box: Box): BitGrid {
  const grid = createBitGrid(boxSize(box));
  const row = new Uint32Array(grid.rowWords);
  let at = 0;
  for (let a = box[0][0]; a < box[0][1]; a++) {
    for (let b = box[1][0]; b < box[1][1]; b++, at += grid.rowWords) {
      rows.readRow(a, b, box[2][0], grid.size[2], row);
      for (let w = 0; w < row.length; w++) grid.words[at + w] = row[w];
    }
  }
  return grid;
}
