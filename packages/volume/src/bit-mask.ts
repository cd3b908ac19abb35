import { type Box, boxSize, boxVoxels, type Vec3 } from "./box.ts";

/**
 * Masks of one bit per voxel: voxel `n` is bit `n % 8` (lowest first) of byte `n / 8`. Over a volume, `n` is its linear
 * index, `i` fastest; over a box, rows follow each other without padding. Bits past the last voxel are 0.
 *
 * Positions can exceed 2^31, so they are divided, not shifted; `& 7` is safe since `&` works modulo 2^32.
 */

/** Bytes needed for `voxels` bits. */
export function bitBytes(voxels: number): number {
  return Math.ceil(voxels / 8);
}

export function getBit(bits: Uint8Array, at: number): number {
  return (bits[Math.floor(at / 8)] >> (at & 7)) & 1;
}

/** One bit per byte of `mask`: 0 stays 0, anything else is 1. */
export function packBits(mask: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const voxels = mask.length;
  const bits = new Uint8Array(bitBytes(voxels));
  const whole = voxels - (voxels % 8);
  let at = 0;
  for (let n = 0; n < whole; n += 8) {
    bits[at++] =
      (mask[n] ? 1 : 0) |
      (mask[n + 1] ? 2 : 0) |
      (mask[n + 2] ? 4 : 0) |
      (mask[n + 3] ? 8 : 0) |
      (mask[n + 4] ? 16 : 0) |
      (mask[n + 5] ? 32 : 0) |
      (mask[n + 6] ? 64 : 0) |
      (mask[n + 7] ? 128 : 0);
  }
  for (let n = whole; n < voxels; n++) if (mask[n]) bits[at] |= 1 << (n & 7);
  return bits;
}

/** One byte per voxel, 0 or 1. */
export function unpackBits(bits: Uint8Array, voxels: number): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(voxels);
  const whole = voxels - (voxels % 8);
  for (let n = 0, at = 0; n < whole; n += 8) {
    const byte = bits[at++];
    if (byte === 0) continue;
    for (let bit = 0; bit < 8; bit++) mask[n + bit] = (byte >> bit) & 1;
  }
  for (let n = whole; n < voxels; n++) mask[n] = getBit(bits, n);
  return mask;
}

/** Copies `count` bits; bits around the target stay. The two arrays must not share memory. */
export function copyBits(from: Uint8Array, fromBit: number, to: Uint8Array, toBit: number, count: number): void {
  let source = fromBit;
  let target = toBit;
  let left = count;
  while (left > 0 && (target & 7) !== 0) {
    const take = Math.min(left, 8 - (target & 7));
    mergeByte(to, target, gather(from, source, take), take);
    source += take;
    target += take;
    left -= take;
  }
  const whole = Math.floor(left / 8);
  const at = Math.floor(target / 8);
  const start = Math.floor(source / 8);
  const shift = source & 7;
  if (shift === 0) {
    // A short loop beats the cost of making a view.
    if (whole < 64) for (let n = 0; n < whole; n++) to[at + n] = from[start + n];
    else to.set(from.subarray(start, start + whole), at);
  } else {
    const rest = 8 - shift;
    for (let n = 0; n < whole; n++) to[at + n] = (from[start + n] >> shift) | (from[start + n + 1] << rest);
  }
  left -= whole * 8;
  if (left > 0) mergeByte(to, target + whole * 8, gather(from, source + whole * 8, left), left);
}

/** Set bits among `count` bits starting at bit `at`. */
export function countBits(bits: Uint8Array, at: number, count: number): number {
  const end = at + count;
  let position = at;
  let total = 0;
  while (position < end && (position & 7) !== 0) total += getBit(bits, position++);
  let byte = Math.floor(position / 8);
  const lastByte = Math.floor(end / 8);
  for (; byte + 4 <= lastByte; byte += 4) {
    total += countWord(bits[byte] | (bits[byte + 1] << 8) | (bits[byte + 2] << 16) | (bits[byte + 3] << 24));
  }
  for (; byte < lastByte; byte++) total += countWord(bits[byte]);
  for (position = Math.max(position, lastByte * 8); position < end; position++) total += getBit(bits, position);
  return total;
}

/** Set bits of a 32-bit word. */
export function countWord(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Reads `count` bits from bit `at` on into 32-bit words, lowest bit first; the last word is filled up with zeros.
 * Writes `ceil(count / 32)` words of `out` from `outAt` on.
 */
export function readBits(bits: Uint8Array, at: number, count: number, out: Uint32Array, outAt = 0): void {
  const shift = at & 7;
  const length = bits.length;
  let byte = Math.floor(at / 8);
  const wordCount = Math.ceil(count / 32);
  for (let n = 0; n < wordCount; n++, byte += 4) {
    let word: number;
    if (byte + 4 < length) {
      word = bits[byte] | (bits[byte + 1] << 8) | (bits[byte + 2] << 16) | (bits[byte + 3] << 24);
      if (shift !== 0) word = (word >>> shift) | (bits[byte + 4] << (32 - shift));
    } else {
      word = 0;
      for (let k = 0; k < 5 && byte + k < length; k++) {
        const up = 8 * k - shift;
        word |= up >= 0 ? (up < 32 ? bits[byte + k] << up : 0) : bits[byte + k] >> -up;
      }
    }
    out[outAt + n] = word;
  }
  const tail = count & 31;
  if (tail !== 0) out[outAt + wordCount - 1] &= ~(-1 << tail);
}

/**
 * The 32-bit words that `bits` holds whole, as a view, for `readWords`; undefined when it does not start at a multiple of
 * four bytes. Little-endian, like every machine that runs this.
 */
export function wholeWords(bits: Uint8Array): Uint32Array | undefined {
  if (bits.byteOffset % 4 !== 0) return undefined;
  return new Uint32Array(bits.buffer, bits.byteOffset, Math.floor(bits.length / 4));
}

/** The same as `readBits`, from the words of the same bits; several times faster. Nothing may be read past the words. */
export function readWords(words: Uint32Array, at: number, count: number, out: Uint32Array): void {
  const shift = at & 31;
  const last = Math.ceil(count / 32) - 1;
  let from = Math.floor(at / 32);
  if (shift === 0) {
    for (let n = 0; n <= last; n++) out[n] = words[from + n];
  } else {
    const rest = 32 - shift;
    let word = words[from] >>> shift;
    for (let n = 0; n < last; n++) {
      const next = words[++from];
      out[n] = word | (next << rest);
      word = next >>> shift;
    }
    const tail = count - 32 * last;
    out[last] = tail > rest ? word | (words[from + 1] << rest) : word;
  }
  if ((count & 31) !== 0) out[last] &= ~(-1 << (count & 31));
}

/** The bits of `box` of a volume of `size`, tight. Both `[i, j, k]`; the box must lie inside. */
export function cutBits(bits: Uint8Array, size: Vec3, box: Box): Uint8Array<ArrayBuffer> {
  const cut = new Uint8Array(bitBytes(boxVoxels(box)));
  eachRun(size, box, (inVolume, inBox, count) => copyBits(bits, inVolume, cut, inBox, count));
  return cut;
}

/** Replaces the bits of `box` of a volume of `size` by tight bits. Both `[i, j, k]`; the box must lie inside. */
export function pasteBits(cut: Uint8Array, bits: Uint8Array, size: Vec3, box: Box): void {
  eachRun(size, box, (inVolume, inBox, count) => copyBits(cut, inBox, bits, inVolume, count));
}

/** The smallest box `[i, j, k]` that holds every set bit of a volume of `size`; undefined when none is set. */
export function bitsBoundingBox(bits: Uint8Array, size: Vec3): Box | undefined {
  const [ni, nj, nk] = size;
  const wordCount = Math.ceil(ni / 32);
  const row = new Uint32Array(wordCount);
  const seen = new Uint32Array(wordCount);
  const plane = ni * nj;
  let [j0, j1, k0, k1] = [nj, 0, nk, 0];
  for (let k = 0; k < nk; k++) {
    if (isZero(bits, k * plane, plane)) continue;
    for (let j = 0; j < nj; j++) {
      readBits(bits, ni * (j + nj * k), ni, row);
      let any = 0;
      for (let n = 0; n < wordCount; n++) {
        any |= row[n];
        seen[n] |= row[n];
      }
      if (any === 0) continue;
      if (j < j0) j0 = j;
      if (j >= j1) j1 = j + 1;
      if (k < k0) k0 = k;
      k1 = k + 1;
    }
  }
  if (k1 === 0) return undefined;
  let i0 = 0;
  while (((seen[Math.floor(i0 / 32)] >>> (i0 & 31)) & 1) === 0) i0++;
  let i1 = ni;
  while (((seen[Math.floor((i1 - 1) / 32)] >>> ((i1 - 1) & 31)) & 1) === 0) i1--;
  return [
    [i0, i1],
    [j0, j1],
    [k0, k1],
  ];
}

/** Whether no bit of the whole bytes around `count` bits from `at` on is set; may say false for a neighbour's bit. */
function isZero(bits: Uint8Array, at: number, count: number): boolean {
  const end = Math.ceil((at + count) / 8);
  for (let byte = Math.floor(at / 8); byte < end; byte++) if (bits[byte] !== 0) return false;
  return true;
}

/** Calls back for every stretch of bits that is contiguous both in the volume and in the box. */
function eachRun(size: Vec3, box: Box, use: (inVolume: number, inBox: number, count: number) => void): void {
  const [ni, nj] = size;
  const [di, dj, dk] = boxSize(box);
  const [i0, j0, k0] = [box[0][0], box[1][0], box[2][0]];
  if (di * dj * dk === 0) return;
  if (di === ni && dj === nj) {
    use(ni * nj * k0, 0, di * dj * dk);
    return;
  }
  for (let k = 0; k < dk; k++) {
    const plane = nj * (k0 + k);
    if (di === ni) {
      use(ni * (j0 + plane), di * dj * k, di * dj);
    } else {
      for (let j = 0; j < dj; j++) use(i0 + ni * (j0 + j + plane), di * (j + dj * k), di);
    }
  }
}

/** Up to 8 bits from bit `at` on. */
function gather(bits: Uint8Array, at: number, count: number): number {
  const byte = Math.floor(at / 8);
  const shift = at & 7;
  const high = shift + count > 8 ? bits[byte + 1] << (8 - shift) : 0;
  return ((bits[byte] >> shift) | high) & ((1 << count) - 1);
}

/** Puts the lowest `count` bits of `value` at bit `at`; they must fit into that byte. */
function mergeByte(bits: Uint8Array, at: number, value: number, count: number): void {
  const byte = Math.floor(at / 8);
  const shift = at & 7;
  const mask = ((1 << count) - 1) << shift;
  bits[byte] = (bits[byte] & ~mask) | (value << shift);
}
