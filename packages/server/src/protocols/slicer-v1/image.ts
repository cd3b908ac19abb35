import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { fromHalfBits, type NiftiDtype, type Vec3 } from "@septum/volume";
import { HttpError } from "../../http/http-error.ts";
import type { MemoryBudget } from "../../sessions/memory-budget.ts";
import { niftiHeaderOf } from "../array-file.ts";
import { exactly } from "../incoming.ts";
import { itemBytes, type NpyHeader, type NpyType, readNpy, swapToLittleEndian } from "./npy.ts";

const dtypes: Readonly<Record<NpyType, NiftiDtype>> = {
  b1: "uint8",
  u1: "uint8",
  i1: "int8",
  u2: "uint16",
  i2: "int16",
  u4: "uint32",
  i4: "int32",
  u8: "uint64",
  i8: "int64",
  f2: "float32",
  f4: "float32",
  f8: "float64",
};

/** Makes a NIfTI file of a `.npy` file with an array of three axes, C order. Throws `unreadable_image`. */
export async function writeNiftiOfNpy(
  from: string,
  to: string,
  memory: MemoryBudget,
  signal: AbortSignal,
): Promise<void> {
  const { header, data } = await readNpy(createReadStream(from));
  const shape = shapeOf(header);
  const voxels = cOrdered(header, exactly(shape[0] * shape[1] * shape[2] * itemBytes(header.type), data), memory);
  const head = niftiHeaderOf({ shape, dtype: dtypes[header.type] });
  const file = withHeader(head, converted(header, voxels));
  await pipeline(file, createWriteStream(to), { signal });
}

/** Throws `unreadable_image` unless there are three axes of at least one voxel. */
export function shapeOf({ shape }: NpyHeader): Vec3 {
  if (shape.length !== 3 || shape.some((extent) => extent < 1)) {
    throw new HttpError(
      "unreadable_image",
      `Expected an array of three axes; this one has the shape [${shape.join(", ")}]`,
    );
  }
  return [shape[0], shape[1], shape[2]];
}

async function* withHeader(header: Uint8Array, data: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield header;
  yield* data;
}

/** Little-endian elements of a type that NIfTI has. */
async function* converted(
  { type, littleEndian }: NpyHeader,
  data: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const width = itemBytes(type);
  if (width === 1 || (littleEndian && type !== "f2")) return yield* data;
  for await (const bytes of wholeElements(data, width)) {
    if (!littleEndian) swapToLittleEndian(bytes, width);
    yield type === "f2" ? widened(bytes) : bytes;
  }
}

/** The same bytes in pieces that no element is cut by; the caller may change them. */
async function* wholeElements(data: AsyncIterable<Uint8Array>, width: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let left = Buffer.alloc(0);
  for await (const chunk of data) {
    const bytes = Buffer.concat([left, chunk]);
    const end = bytes.length - (bytes.length % width);
    left = bytes.subarray(end);
    yield Uint8Array.from(bytes.subarray(0, end));
  }
  if (left.length > 0) yield Uint8Array.from(left);
}

function widened(halves: Uint8Array<ArrayBuffer>): Uint8Array {
  const bits = new Uint16Array(halves.buffer, 0, Math.floor(halves.length / 2));
  return new Uint8Array(Float32Array.from(bits, fromHalfBits).buffer);
}

/** The elements with the last axis fastest. Fortran's order has to be turned round in memory, which few clients ask for. */
async function* cOrdered(
  header: NpyHeader,
  data: AsyncIterable<Uint8Array>,
  memory: MemoryBudget,
): AsyncGenerator<Uint8Array> {
  if (!header.fortranOrder) return yield* data;
  const [a0, a1, a2] = shapeOf(header);
  const width = itemBytes(header.type);
  const room = memory.reserve(a0 * a1 * a2 * width);
  try {
    const elements = await collected(data, a0 * a1 * a2 * width);
    for (let n0 = 0; n0 < a0; n0++) {
      const slice = new Uint8Array(a1 * a2 * width);
      let at = 0;
      for (let n1 = 0; n1 < a1; n1++) {
        for (let n2 = 0; n2 < a2; n2++) {
          const from = width * (n0 + a0 * (n1 + a1 * n2));
          for (let byte = 0; byte < width; byte++) slice[at++] = elements[from + byte];
        }
      }
      yield slice;
    }
  } finally {
    room.release();
  }
}

async function collected(data: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for await (const chunk of data) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
