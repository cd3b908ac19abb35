import type { VoxelArray } from "./volume.ts";
import { VolumeError } from "./volume-error.ts";

/** How numbers are stored in a file. */
export type NiftiDtype =
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float32"
  | "float64";

/** Makes a typed array over `length` elements at the start of a buffer. */
type ArrayOver = (buffer: ArrayBufferLike, length: number) => VoxelArray;

interface DtypeFacts {
  /** `datatype` in the header (nifti1.h). */
  readonly code: number;
  readonly bytes: number;
  readonly over: ArrayOver;
}

/** 64-bit integers are kept as float64, which has the same width: they are converted where they lie. */
export const niftiDtypes: Readonly<Record<NiftiDtype, DtypeFacts>> = {
  uint8: { code: 2, bytes: 1, over: (buffer, length) => new Uint8Array(buffer, 0, length) },
  int16: { code: 4, bytes: 2, over: (buffer, length) => new Int16Array(buffer, 0, length) },
  int32: { code: 8, bytes: 4, over: (buffer, length) => new Int32Array(buffer, 0, length) },
  float32: { code: 16, bytes: 4, over: (buffer, length) => new Float32Array(buffer, 0, length) },
  float64: { code: 64, bytes: 8, over: (buffer, length) => new Float64Array(buffer, 0, length) },
  int8: { code: 256, bytes: 1, over: (buffer, length) => new Int8Array(buffer, 0, length) },
  uint16: { code: 512, bytes: 2, over: (buffer, length) => new Uint16Array(buffer, 0, length) },
  uint32: { code: 768, bytes: 4, over: (buffer, length) => new Uint32Array(buffer, 0, length) },
  int64: { code: 1024, bytes: 8, over: (buffer, length) => new Float64Array(buffer, 0, length) },
  uint64: { code: 1280, bytes: 8, over: (buffer, length) => new Float64Array(buffer, 0, length) },
};

/** Codes of the standard that are no single real number per voxel. */
const unsupported: Readonly<Record<number, string>> = {
  0: "of unknown type",
  1: "single bits",
  32: "complex numbers (complex64)",
  128: "RGB colours (RGB24)",
  1536: "128-bit floating point numbers (float128)",
  1792: "complex numbers (complex128)",
  2048: "complex numbers (complex256)",
  2304: "RGBA colours (RGBA32)",
};

/** @throws {VolumeError} `unsupported-dtype` */
export function dtypeOfCode(code: number): NiftiDtype {
  for (const dtype of Object.keys(niftiDtypes) as NiftiDtype[]) {
    if (niftiDtypes[dtype].code === code) return dtype;
  }
  const known = unsupported[code];
  const what = known === undefined ? `numbers of unknown type code ${code}` : known;
  throw new VolumeError(
    "unsupported-dtype",
    `The voxels are ${what}. One integer or real number per voxel is needed: convert the file to a grey-value image.`,
  );
}

/** The type an array is written as. */
export function dtypeOfArray(data: VoxelArray): NiftiDtype {
  if (data instanceof Int8Array) return "int8";
  if (data instanceof Uint8Array) return "uint8";
  if (data instanceof Int16Array) return "int16";
  if (data instanceof Uint16Array) return "uint16";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint32Array) return "uint32";
  return data instanceof Float32Array ? "float32" : "float64";
}
