import { type Box, bitsBoundingBox, boxVoxels, cutBits, isEmptyBox, unpackBits, type Vec3 } from "@septum/volume";
import { reversed, reversedBox } from "../array-space.ts";
import { BadArrayError } from "./bad-array.ts";
import { prepareCodecs } from "./blosc2/decode.ts";
import { type ArrayDtype, type ArrayFacts, readArrayHeader, readElements, writeArray } from "./nnia.ts";

export interface MaskRequest {
  /** An NNIA array. */
  readonly file: Uint8Array;
  /** What its shape has to be. */
  readonly shape: Vec3;
}

/** The part of a mask that has all that is drawn in it, in array axes. */
export interface DrawnMask {
  readonly box: Box;
  /** One byte of 0 or 1 per voxel of `box`, C order. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/**
 * Decodes a mask of any dtype: what is greater than 0 is drawn. Undefined when nothing is.
 *
 * @throws {BadArrayError}
 */
export async function readDrawnMask({ file, shape }: MaskRequest): Promise<DrawnMask | undefined> {
  await prepareCodecs();
  const source = { length: file.length, read: (at: number, length: number) => file.subarray(at, at + length) };
  const facts = readArrayHeader(source);
  if (facts.shape.length !== 3 || facts.shape.some((length, axis) => length !== shape[axis])) {
    throw new BadArrayError(`The mask has the shape [${facts.shape.join(", ")}], expected [${shape.join(", ")}]`);
  }
  const elements = new Uint8Array(facts.bytes);
  let at = 0;
  readElements(source, facts, (piece) => {
    elements.set(piece, at);
    at += piece.length;
  });
  const bits = drawnBits(facts, elements);
  const box = bitsBoundingBox(bits, reversed(shape));
  if (box === undefined || isEmptyBox(box)) return undefined;
  return { box: reversedBox(box), data: unpackBits(cutBits(bits, reversed(shape), box), boxVoxels(box)) };
}

type Numbers = { readonly length: number; readonly [index: number]: number | bigint };

/** One bit per element, lowest first. */
function drawnBits({ dtype }: ArrayFacts, elements: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const values = viewOf(dtype, elements.buffer);
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (let n = 0; n < values.length; n++) if (values[n] > 0) bits[n >> 3] |= 1 << (n & 7);
  return bits;
}

function viewOf(dtype: ArrayDtype, buffer: ArrayBuffer): Numbers {
  const views = {
    bool: Uint8Array,
    uint8: Uint8Array,
    int8: Int8Array,
    uint16: Uint16Array,
    int16: Int16Array,
    uint32: Uint32Array,
    int32: Int32Array,
    uint64: BigUint64Array,
    int64: BigInt64Array,
    // A half float is positive exactly when its bits, read as an integer, are.
    float16: Int16Array,
    float32: Float32Array,
    float64: Float64Array,
  } as const;
  return new views[dtype](buffer);
}

export interface PackMaskRequest {
  /** One bit per voxel, lowest first. */
  readonly bits: Uint8Array;
  readonly shape: Vec3;
}

/** The mask as an NNIA array of zeros and ones. */
export function packMask({ bits, shape }: PackMaskRequest): Uint8Array<ArrayBuffer> {
  return writeArray("uint8", shape, unpackBits(bits, shape[0] * shape[1] * shape[2]));
}
