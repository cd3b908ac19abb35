import { type ChunkHeader, filterIds } from "./header.ts";

/**
 * Undoes the chunk's filters on one block, from the last slot to the first (spec §1.11).
 *
 * `block` is decoded but still filtered and `spare` as long; either may be returned. `first` is the chunk's first block,
 * unfiltered, or undefined when this is the one.
 */
export function unfilter(
  { filters, itemBytes }: ChunkHeader,
  block: Uint8Array,
  spare: Uint8Array,
  first: Uint8Array | undefined,
): Uint8Array {
  let [now, other] = [block, spare];
  for (let slot = filters.length - 1; slot >= 0; slot--) {
    const { id, group } = filters[slot];
    if (id === filterIds.delta) {
      undoDelta(now, itemBytes, first);
      continue;
    }
    if (id === filterIds.shuffle) unshuffle(now, other, group);
    else if (id === filterIds.bitShuffle) bitUnshuffle(now, other, itemBytes);
    // Bits that were cut off stay off.
    else continue;
    [now, other] = [other, now];
  }
  return now;
}

/** All first bytes of the items, then all second bytes, and so on; a rest that makes no item lies at the end. */
function unshuffle(from: Uint8Array, to: Uint8Array, group: number): void {
  const items = Math.floor(from.length / group);
  const aligned = to.byteOffset % group === 0;
  // Whole items are written where that can be, as for nearly all scans.
  if (group === 2 && aligned) unshufflePairs(from, new Uint16Array(to.buffer, to.byteOffset, items));
  else if (group === 4 && aligned) unshuffleFours(from, new Uint32Array(to.buffer, to.byteOffset, items));
  else unshuffleBytes(from, to, group, items);
  to.set(from.subarray(items * group), items * group);
}

function unshufflePairs(from: Uint8Array, to: Uint16Array): void {
  const items = to.length;
  // Four items at a time take a quarter of the reads, and half of the writes.
  const canFour = from.byteOffset % 4 === 0 && to.byteOffset % 4 === 0 && items % 4 === 0;
  const fours = canFour ? items / 4 : 0;
  if (fours > 0) unshuffleFourPairs(from, to, fours);
  for (let n = 4 * fours; n < items; n++) to[n] = from[n] | (from[n + items] << 8);
}

function unshuffleFourPairs(from: Uint8Array, to: Uint16Array, fours: number): void {
  const lows = new Uint32Array(from.buffer, from.byteOffset, fours);
  const highs = new Uint32Array(from.buffer, from.byteOffset + 4 * fours, fours);
  const pairs = new Uint32Array(to.buffer, to.byteOffset, 2 * fours);
  for (let n = 0; n < fours; n++) {
    const low = lows[n];
    const high = highs[n];
    pairs[2 * n] = (low & 0xff) | ((high & 0xff) << 8) | ((low & 0xff00) << 8) | ((high & 0xff00) << 16);
    pairs[2 * n + 1] =
      ((low >>> 16) & 0xff) | ((high >>> 8) & 0xff00) | ((low >>> 8) & 0xff0000) | (high & 0xff00_0000);
  }
}

function unshuffleFours(from: Uint8Array, to: Uint32Array): void {
  const items = to.length;
  for (let n = 0; n < items; n++) {
    to[n] = from[n] | (from[n + items] << 8) | (from[n + 2 * items] << 16) | (from[n + 3 * items] << 24);
  }
}

function unshuffleBytes(from: Uint8Array, to: Uint8Array, group: number, items: number): void {
  for (let byte = 0; byte < group; byte++) {
    const start = byte * items;
    for (let n = 0, at = byte; n < items; n++, at += group) to[at] = from[start + n];
  }
}

/** Bit b of byte j of all items, eight items to a byte, for every j and b. Only for a multiple of eight items. */
function bitUnshuffle(from: Uint8Array, to: Uint8Array, group: number): void {
  const items = Math.floor(from.length / group);
  const whole = items - (items % 8);
  const planeBytes = whole / 8;
  const shuffled = whole * group;
  to.fill(0, 0, shuffled);
  for (let byte = 0; byte < group; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      const plane = (byte * 8 + bit) * planeBytes;
      for (let n = 0; n < whole; n++) {
        to[n * group + byte] |= ((from[plane + (n >> 3)] >> (n & 7)) & 1) << bit;
      }
    }
  }
  to.set(from.subarray(shuffled), shuffled);
}

/** Every block is the difference (exclusive or) to the first, and the first to itself, one item on. */
function undoDelta(block: Uint8Array, itemBytes: number, first: Uint8Array | undefined): void {
  // Wide items are taken eight bytes at a time, and odd ones byte by byte.
  const width = [1, 2, 4, 8].includes(itemBytes) ? itemBytes : itemBytes % 8 === 0 ? 8 : 1;
  const end = block.length - (block.length % width);
  if (first) for (let at = 0; at < end; at++) block[at] ^= first[at];
  else for (let at = width; at < end; at++) block[at] ^= block[at - width];
}
