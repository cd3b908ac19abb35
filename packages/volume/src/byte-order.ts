import type { NiftiDtype } from "./nifti-dtype.ts";

/** Order of the bytes of numbers in typed arrays here. */
export const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Turns the bytes of every number round, where they lie. `bytes` starts at a multiple of `width` in its buffer. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  const { buffer, byteOffset, byteLength } = bytes;
  if (width === 2) {
    const words = new Uint16Array(buffer, byteOffset, byteLength >> 1);
    for (let n = 0; n < words.length; n++) words[n] = (words[n] << 8) | (words[n] >>> 8);
  } else if (width > 2) {
    const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
    for (let n = 0; n < words.length; n++) words[n] = swap32(words[n]);
    if (width === 8) swapNeighbours(words);
  }
}

/** 64-bit integers become float64 where they lie; beyond 2⁵³ they are rounded to the nearest. */
export function widenToFloat64(values: Float64Array, dtype: NiftiDtype): void {
  const { buffer, byteOffset, length } = values;
  const low = new Uint32Array(buffer, byteOffset, 2 * length);
  const high = dtype === "int64" ? new Int32Array(buffer, byteOffset, 2 * length) : low;
  const lowFirst = hostIsLittleEndian ? 0 : 1;
  for (let n = 0; n < length; n++) {
    const at = 2 * n + lowFirst;
    // One rounding: the product is exact, and so is the lower half.
    values[n] = high[at ^ 1] * 2 ** 32 + low[at];
  }
}

function swap32(word: number): number {
  const pairs = ((word & 0x00ff00ff) << 8) | ((word >>> 8) & 0x00ff00ff);
  return (pairs << 16) | (pairs >>> 16);
}

function swapNeighbours(words: Uint32Array): void {
  for (let n = 0; n + 1 < words.length; n += 2) {
    const first = words[n];
    words[n] = words[n + 1];
    words[n + 1] = first;
  }
}
