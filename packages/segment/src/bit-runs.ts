import { bitBytes, wholeWords } from "@septum/volume";

/**
 * Bits kept small: as the lengths of alternating runs of zeros and ones (zeros first; 7 bits per byte, low part first,
 * high bit set when more follows), or as they are when that is shorter. Objects are solid, so runs usually win by far.
 */
export interface PackedBits {
  readonly coding: "runs" | "bits";
  /** How many bits. */
  readonly count: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

export function compressBits(bits: Uint8Array, count: number): PackedBits {
  const most = bitBytes(count);
  const runs = encodeRuns(bits, count, most);
  if (runs !== undefined) return { coding: "runs", count, data: runs };
  return { coding: "bits", count, data: Uint8Array.from(bits.subarray(0, most)) };
}

/** The bits again. Throws `RangeError` when the runs do not add up. */
export function expandBits(packed: PackedBits, out: Uint8Array = new Uint8Array(bitBytes(packed.count))): Uint8Array {
  if (packed.coding === "bits") {
    if (packed.data.length !== bitBytes(packed.count)) throw new RangeError("Packed bits have the wrong length");
    out.set(packed.data);
  } else {
    out.fill(0);
    decodeRuns(packed.data, packed.count, out);
  }
  return out;
}

/** Undefined as soon as the code gets longer than `most` bytes. */
function encodeRuns(bits: Uint8Array, count: number, most: number): Uint8Array<ArrayBuffer> | undefined {
  let out = new Uint8Array(Math.min(most, 1024));
  let length = 0;
  let start = 0;
  const words = wholeWords(bits);
  for (let value = 0; start < count; value ^= 1) {
    const end = runEnd(bits, words, start, count, value);
    for (let rest = end - start; ; rest = Math.floor(rest / 128)) {
      if (length >= most) return undefined;
      if (length === out.length) out = grown(out, most);
      out[length++] = rest < 128 ? rest : (rest % 128) | 128;
      if (rest < 128) break;
    }
    start = end;
  }
  return out.slice(0, length);
}

/** Where the run of `value` from bit `start` on ends. */
function runEnd(bits: Uint8Array, words: Uint32Array | undefined, start: number, count: number, value: number): number {
  const flip = value === 1 ? 0xff : 0;
  const last = bitBytes(count);
  let byte = Math.floor(start / 8);
  let rest = (bits[byte] ^ flip) & (0xff << (start & 7));
  while (rest === 0 && ++byte < last) {
    if (words !== undefined && byte % 4 === 0) byte = 4 * skipWords(words, byte / 4, value === 1 ? 0xffffffff : 0);
    if (byte >= last) break;
    rest = bits[byte] ^ flip;
  }
  if (rest === 0) return count;
  return Math.min(count, byte * 8 + 31 - Math.clz32(rest & -rest));
}

/** The first word from `at` on that is not `value`, or the number of words. */
function skipWords(words: Uint32Array, at: number, value: number): number {
  let word = at;
  while (word < words.length && words[word] === value) word++;
  return word;
}

function decodeRuns(data: Uint8Array, count: number, out: Uint8Array): void {
  let at = 0;
  let position = 0;
  for (let value = 0; position < count; value ^= 1) {
    let length = 0;
    let scale = 1;
    for (let more = true; more; scale *= 128) {
      if (at >= data.length) throw new RangeError("Packed bits end too early");
      const byte = data[at++];
      length += (byte & 127) * scale;
      more = byte > 127;
    }
    if (position + length > count) throw new RangeError("Packed bits are longer than they should be");
    if (value === 1) setRun(out, position, length);
    position += length;
  }
  if (at !== data.length) throw new RangeError("Packed bits are longer than they should be");
}

/** Sets `count` bits from bit `at` on. */
export function setRun(bits: Uint8Array, at: number, count: number): void {
  if (count === 0) return;
  const first = Math.floor(at / 8);
  const end = at + count;
  const last = Math.floor(end / 8);
  const head = (0xff << (at & 7)) & 0xff;
  const tail = (1 << (end & 7)) - 1;
  if (first === last) {
    bits[first] |= head & tail;
    return;
  }
  bits[first] |= head;
  bits.fill(0xff, first + 1, last);
  if (tail !== 0) bits[last] |= tail;
}

function grown(bytes: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(most, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
