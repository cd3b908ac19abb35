import { readBits, type Vec3 } from "@septum/volume";
import type { MaskBits } from "../mask-delta.ts";
import type { Work } from "./work.ts";

/** Stretches of equal voxels along `i`, row after row. */
export interface RowRuns {
  readonly size: Vec3;
  readonly count: number;
  /** First and last voxel of each run, along `i`. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** Of each row `j + nj * k`: its first run; one more entry at the end. */
  readonly rows: Int32Array;
}

/** The runs of voxels that have this value. */
export function* rowRuns({ bits, size }: MaskBits, value: 0 | 1): Work<RowRuns> {
  const [ni, nj, nk] = size;
  const rows = new Int32Array(nj * nk + 1);
  const words = new Uint32Array(Math.ceil(ni / 32));
  let first = new Int32Array(4096);
  let last = new Int32Array(4096);
  let count = 0;
  for (let row = 0; row < nj * nk; row++) {
    rows[row] = count;
    readBits(bits, ni * row, ni, words);
    if (value === 0) for (let n = 0; n < words.length; n++) words[n] = ~words[n];
    for (let i = nextChange(words, 0, ni, 0); i < ni; ) {
      const end = nextChange(words, i, ni, 1);
      if (count === first.length) [first, last] = [grown(first), grown(last)];
      first[count] = i;
      last[count++] = end - 1;
      i = nextChange(words, end, ni, 0);
    }
    if (row % 4096 === 4095) yield;
  }
  rows[nj * nk] = count;
  return { size, count, first, last, rows };
}

/** The first place from `from` on whose bit is not `value`, or `length`. */
function nextChange(words: Uint32Array, from: number, length: number, value: 0 | 1): number {
  const flip = value === 1 ? -1 : 0;
  let word = from >>> 5;
  if (from >= length) return length;
  let rest = (words[word] ^ flip) & (-1 << (from & 31));
  while (rest === 0) {
    if (++word >= words.length) return length;
    rest = words[word] ^ flip;
  }
  return Math.min(length, word * 32 + 31 - Math.clz32(rest & -rest));
}

function grown(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
