import {
  type Box,
  bitBytes,
  boxSize,
  boxVoxels,
  copyBits,
  intersectBoxes,
  isEmptyBox,
  readBits,
  readWords,
  type Vec3,
  wholeBox,
  wholeWords,
} from "@septum/volume";

/** A mask that is read row by row along the last axis; engine axes. */
export interface MaskRows {
  readonly box: Box;
  /**
   * Voxels `[a, b, c]` to `[a, b, c + count - 1]`, which must lie in `box`, as bits: the first in the lowest bit of
   * `out[0]`. The last word is filled up with zeros.
   */
  readRow(a: number, b: number, c: number, count: number, out: Uint32Array): void;
}

/** Bits that follow each other tightly over `box`, C order. */
export function bitRows(bits: Uint8Array, box: Box): MaskRows {
  const [, n1, n2] = boxSize(box);
  const [[a0], [b0], [c0]] = box;
  const words = wholeWords(bits);
  const readable = words === undefined ? 0 : 32 * words.length;
  return {
    box,
    readRow: (a, b, c, count, out) => {
      const at = c - c0 + n2 * (b - b0 + n1 * (a - a0));
      if (words !== undefined && at + count <= readable) readWords(words, at, count, out);
      else readBits(bits, at, count, out);
    },
  };
}

/** Bits of a whole volume. */
export function volumeRows(bits: Uint8Array, size: Vec3): MaskRows {
  return bitRows(bits, wholeBox(size));
}

/** Writes `value` or 0 into `values`, C order over `box`, wherever `rows` has a say; the rest stays. */
export function overlayRows(rows: MaskRows, values: Uint16Array, box: Box, value: number): void {
  const shared = intersectBoxes(rows.box, box);
  if (isEmptyBox(shared)) return;
  const [[a0, a1], [b0, b1], [c0, c1]] = shared;
  const [, n1, n2] = boxSize(box);
  const count = c1 - c0;
  const words = new Uint32Array(Math.ceil(count / 32));
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) {
      rows.readRow(a, b, c0, count, words);
      const row = c0 - box[2][0] + n2 * (b - box[1][0] + n1 * (a - box[0][0]));
      for (let w = 0, n = 0; n < count; w++) {
        let word = words[w];
        const end = Math.min(count, n + 32);
        if (word === 0) {
          values.fill(0, row + n, row + end);
          n = end;
        } else {
          for (; n < end; n++, word >>>= 1) values[row + n] = word & 1 ? value : 0;
        }
      }
    }
  }
}

/** The bits over `box`, tight; `box` must lie in that of `rows`. */
export function collectBits(rows: MaskRows, box: Box): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(bitBytes(boxVoxels(box)));
  const [[a0, a1], [b0, b1], [c0, c1]] = box;
  const count = Math.max(0, c1 - c0);
  const words = new Uint32Array(Math.ceil(count / 32));
  const bytes = new Uint8Array(words.buffer);
  let at = 0;
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++, at += count) {
      rows.readRow(a, b, c0, count, words);
      copyBits(bytes, 0, bits, at, count);
    }
  }
  return bits;
}
