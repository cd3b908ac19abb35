import { BadArrayError } from "./bad-array.ts";
import { type ByteSource, decodeChunk } from "./blosc2/decode.ts";
import { encodeChunk } from "./blosc2/encode.ts";

/** Bytes per element, by NumPy's names. */
export const arrayDtypes = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
} as const;

export type ArrayDtype = keyof typeof arrayDtypes;

/** What an array's header says. Elements are little-endian, C order. */
export interface ArrayFacts {
  readonly dtype: ArrayDtype;
  readonly shape: readonly number[];
  /** Of all elements. */
  readonly bytes: number;
  /** Of the header: chunks begin here. */
  readonly headerBytes: number;
  readonly chunks: number;
}

const magic = "NNIA";
const version = 1;
/** Zstandard and LZ4; which of them it is the chunks say themselves. */
const codecTags = [1, 2];
const chunkBytes = 2 ** 30;
/** NumPy's own limit. */
const mostAxes = 64;

/**
 * Reads the header of an NNIA array (spec §1.10).
 *
 * @throws {BadArrayError}
 */
export function readArrayHeader(source: ByteSource): ArrayFacts {
  const head = new Uint8Array(source.read(0, Math.min(source.length, 8 + 255 + 8 * mostAxes + 4)));
  const view = new DataView(head.buffer);
  const text = (at: number, length: number) => String.fromCharCode(...head.subarray(at, at + length));
  if (head.length < 8 || text(0, 4) !== magic) throw new BadArrayError("The body is no NNIA array");
  const [, , , , form, codec, axes, nameLength] = head;
  if (form !== version) throw new BadArrayError(`The NNIA array is of version ${form}; version ${version} can be read`);
  if (!codecTags.includes(codec)) throw new BadArrayError(`The NNIA array names codec ${codec}, which is not known`);
  const headerBytes = 8 + nameLength + 8 * axes + 4;
  if (axes > mostAxes || headerBytes > head.length) throw new BadArrayError("The NNIA array is cut off in its header");
  const dtype = text(8, nameLength);
  if (!isArrayDtype(dtype)) throw new BadArrayError(`The NNIA array is of an unknown dtype: ${JSON.stringify(dtype)}`);
  const shape = Array.from({ length: axes }, (_, axis) => Number(view.getBigInt64(8 + nameLength + 8 * axis, true)));
  const bytes = shape.reduce((product, length) => product * length, arrayDtypes[dtype]);
  if (!shape.every((length) => length >= 0) || !Number.isSafeInteger(bytes)) {
    throw new BadArrayError(`The NNIA array has the shape [${shape.join(", ")}]`);
  }
  return { dtype, shape, bytes, headerBytes, chunks: view.getUint32(headerBytes - 4, true) };
}

function isArrayDtype(name: string): name is ArrayDtype {
  return Object.hasOwn(arrayDtypes, name);
}

/**
 * Decodes the elements of an array whose header was read, piece by piece: `emit` gets pieces in order, each good until it returns.
 *
 * @throws {BadArrayError}
 */
export function readElements(source: ByteSource, facts: ArrayFacts, emit: (piece: Uint8Array) => void): void {
  let at = facts.headerBytes;
  let left = facts.bytes;
  for (let chunk = 0; chunk < facts.chunks; chunk++) {
    const head = source.read(at, 16);
    if (head.length < 16)
      throw new BadArrayError(`The NNIA array is cut off before chunk ${chunk + 1} of ${facts.chunks}`);
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const [bytes, packedBytes] = [Number(view.getBigUint64(0, true)), Number(view.getBigUint64(8, true))];
    if (bytes > left) throw new BadArrayError(`The NNIA array has more than its ${facts.bytes} bytes`);
    decodeChunk(source, { at: at + 16, packedBytes, bytes }, emit);
    left -= bytes;
    at += 16 + packedBytes;
  }
  if (left > 0) throw new BadArrayError(`The NNIA array has ${left} bytes less than its ${facts.bytes}`);
}

/** An NNIA array of these elements (little-endian, C order), as the official reader takes it. */
export function writeArray(dtype: ArrayDtype, shape: readonly number[], elements: Uint8Array): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < elements.length; at += chunkBytes) {
    const part = elements.subarray(at, at + chunkBytes);
    const packed = encodeChunk(part);
    const sizes = new DataView(new ArrayBuffer(16));
    sizes.setBigUint64(0, BigInt(part.length), true);
    sizes.setBigUint64(8, BigInt(packed.length), true);
    chunks.push(new Uint8Array(sizes.buffer), packed);
  }
  const head = new Uint8Array(8 + dtype.length + 8 * shape.length + 4);
  const view = new DataView(head.buffer);
  head.set(Buffer.from(magic, "latin1"));
  head.set([version, codecTags[0], shape.length, dtype.length], 4);
  head.set(Buffer.from(dtype, "latin1"), 8);
  for (const [axis, length] of shape.entries()) view.setBigInt64(8 + dtype.length + 8 * axis, BigInt(length), true);
  view.setUint32(head.length - 4, chunks.length / 2, true);
  const out = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, head.length));
  let at = 0;
  for (const part of [head, ...chunks]) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
