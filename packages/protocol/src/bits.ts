/** One bit per voxel, lowest bit first, as masks travel and rest. */

/** Bytes that are zero or not → bits, `ceil(length / 8)` bytes. */
export function packBits(mask: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(Math.ceil(mask.length / 8));
  for (let n = 0; n < mask.length; n++) if (mask[n] !== 0) bits[n >> 3] |= 1 << (n & 7);
  return bits;
}

/** Bits → one byte per voxel, 0 or 1. `count` voxels, the bits after them are ignored. */
export function unpackBits(bits: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(count);
  for (let n = 0; n < count; n++) mask[n] = (bits[n >> 3] >> (n & 7)) & 1;
  return mask;
}
