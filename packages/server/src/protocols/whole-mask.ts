import {
  type Box,
  bitBytes,
  bitsBoundingBox,
  boxVoxels,
  cutBits,
  unpackBits,
  type Vec3,
  wholeBox,
} from "@septum/volume";
import { HttpError } from "../http/http-error.ts";
import type { ArrayMask, ArraySession } from "./array-session.ts";
import { reversed, reversedBox } from "./array-space.ts";

/** Voxels unpacked at a time, of which a stream asks for sixteen ahead. A multiple of 8. */
const pieceVoxels = 2 ** 17;

/** Memory for a mask of one bit per voxel. */
export function emptyBits(shape: Vec3): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bitBytes(boxVoxels(wholeBox(shape))));
}

/** What is drawn in a mask of one bit per voxel (C order, lowest bit first), cut out. Undefined when nothing is. */
export function drawnPart(bits: Uint8Array, shape: Vec3): ArrayMask | undefined {
  const size = reversed(shape);
  const box = bitsBoundingBox(bits, size);
  if (!box) return undefined;
  return { box: reversedBox(box), data: unpackBits(cutBits(bits, size, box), boxVoxels(box)) };
}

/** Throws `invalid_prompt`. */
export function nothingDrawn(kind: "scribble" | "lasso"): HttpError {
  return new HttpError("invalid_prompt", `The ${kind} has no voxel: draw at least one`);
}

/** The object's whole mask, C order, one byte of 0 or 1 per voxel, in pieces. */
export async function wholeMaskBytes(session: ArraySession): Promise<Iterable<Uint8Array>> {
  const whole: Box = wholeBox(session.shape);
  const bits = await session.maskBits(whole);
  return maskPieces(bits, boxVoxels(whole));
}

/** One byte of 0 or 1 for each of so many bits, lowest bit first, a piece at a time. */
export function* maskPieces(bits: Uint8Array, voxels: number): Generator<Uint8Array> {
  for (let at = 0; at < voxels; at += pieceVoxels) {
    const count = Math.min(pieceVoxels, voxels - at);
    yield unpackBits(bits.subarray(at / 8, (at + pieceVoxels) / 8), count);
  }
}
