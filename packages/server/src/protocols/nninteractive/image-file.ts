import { closeSync, openSync, writeSync } from "node:fs";
import { fromHalfBits, type NiftiDtype, type Vec3, VolumeError } from "@septum/volume";
import { niftiHeaderOf } from "../array-file.ts";
import { BadArrayError } from "./bad-array.ts";
import { prepareCodecs } from "./blosc2/decode.ts";
import { fileSource } from "./file-source.ts";
import { type ArrayDtype, type ArrayFacts, readArrayHeader, readElements } from "./nnia.ts";

export interface ImageFileRequest {
  /** An NNIA array `[C, a0, a1, a2]`. */
  readonly from: string;
  /** Becomes a NIfTI file. */
  readonly to: string;
  /** mm along `a0`, `a1`, `a2`. */
  readonly spacing?: readonly number[];
  /** Most bytes that the voxels may take in memory. */
  readonly maxBytes: number;
  /** Times that the array may grow by unpacking, beyond the first 64 MB. */
  readonly maxUnpackRatio: number;
}

/** As for files that are uploaded. */
const smallBytes = 64 * 2 ** 20;

/** NIfTI has no half floats and no truth values. */
const storedAs: Readonly<Record<ArrayDtype, NiftiDtype>> = {
  bool: "uint8",
  uint8: "uint8",
  int8: "int8",
  uint16: "uint16",
  int16: "int16",
  uint32: "uint32",
  int32: "int32",
  uint64: "uint64",
  int64: "int64",
  float16: "float32",
  float32: "float32",
  float64: "float64",
};

/**
 * Makes the image file of an uploaded array, block by block, and gives the array's shape.
 *
 * @throws {BadArrayError} unless it is a whole array of four axes and one channel
 * @throws {VolumeError} `too-large`
 */
export async function writeImageFile(request: ImageFileRequest): Promise<readonly number[]> {
  const { from, to, spacing, maxBytes, maxUnpackRatio } = request;
  await prepareCodecs();
  const input = openSync(from, "r");
  try {
    const source = fileSource(input);
    const facts = readArrayHeader(source);
    const shape = shapeOf(facts);
    const dtype = storedAs[facts.dtype];
    const halves = facts.dtype === "float16";
    const bytes = halves ? 2 * facts.bytes : facts.bytes;
    if (bytes > maxBytes) {
      throw new VolumeError("too-large", `The image takes ${bytes} bytes in memory, and this server has ${maxBytes}`);
    }
    if (bytes > smallBytes && bytes > source.length * maxUnpackRatio) {
      throw new BadArrayError(`The image would grow more than ${maxUnpackRatio} times by unpacking`);
    }
    const output = createWriter(to);
    try {
      output.write(niftiHeaderOf({ shape, dtype, spacing }));
      const widen = halves ? createWidener() : undefined;
      readElements(source, facts, (piece) => output.write(widen ? widen(piece) : piece));
    } finally {
      output.close();
    }
    return facts.shape;
  } finally {
    closeSync(input);
  }
}

function shapeOf({ shape }: ArrayFacts): Vec3 {
  if (shape.length !== 4) throw new BadArrayError(`expected a 4d image as input, got ${shape.length}d`);
  const [channels, a0, a1, a2] = shape;
  if (channels !== 1) throw new BadArrayError(`The image has ${channels} channels, and the model takes one`);
  if (a0 * a1 * a2 === 0) throw new BadArrayError(`The image [${shape.join(", ")}] has no voxels`);
  return [a0, a1, a2];
}

/** Turns pieces of half floats, cut anywhere, into floats. */
function createWidener(): (piece: Uint8Array) => Uint8Array {
  let rest = new Uint8Array(0);
  return (piece) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    const values = new Float32Array(Math.floor(bytes.length / 2));
    for (let n = 0; n < values.length; n++) values[n] = fromHalfBits(bytes[2 * n] | (bytes[2 * n + 1] << 8));
    rest = new Uint8Array(bytes.subarray(2 * values.length));
    return new Uint8Array(values.buffer);
  };
}

/** Writes a file in large pieces. */
function createWriter(path: string): { write(bytes: Uint8Array): void; close(): void } {
  const file = openSync(path, "w");
  return {
    write(bytes) {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    },
    close: () => closeSync(file),
  };
}
