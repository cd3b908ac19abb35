import { type Affine, checkAffine, spacing } from "./affine.ts";
import type { Vec3 } from "./box.ts";
import { foreignFormat } from "./foreign-format.ts";
import { dtypeOfCode, type NiftiDtype } from "./nifti-dtype.ts";
import {
  descriptionBytes,
  extensionFlagBytes,
  type NiftiLayout,
  nifti1Layout,
  nifti2Layout,
  readField,
  readFields,
} from "./nifti-layout.ts";
import { qformToAffine } from "./qform.ts";
import type { Scaling } from "./volume.ts";
import { VolumeError } from "./volume-error.ts";

/** What a NIfTI header says, checked, and what is needed to write its geometry again. */
export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  /** Header and voxels in two files (`.hdr`, `.img`). */
  readonly pair: boolean;
  /** Length along every axis the file has: `dim[1] … dim[dim[0]]`. */
  readonly dims: readonly number[];
  /** Voxels of one volume: `[ni, nj, nk]`; a 2D image has `nk = 1`. */
  readonly size: Vec3;
  /** How many volumes of `size` follow one another. */
  readonly frames: number;
  /** As stored; 64-bit integers are read into float64. */
  readonly dtype: NiftiDtype;
  /** Byte of the unpacked file (of the `.img`, for a pair) at which the voxels start. */
  readonly voxelOffset: number;
  readonly scaling: Scaling;
  /** Voxel → world, RAS, mm, by the standard's precedence: sform, qform, pixdim. */
  readonly affine: Affine;
  readonly geometry: NiftiGeometry;
  /** Such as 1002 for a label map. */
  readonly intentCode: number;
  readonly description: string;
}

/** Where the voxels are, in the file's own words and unit. */
export interface NiftiGeometry {
  /** `xyzt_units`: unit of length in the lowest three bits. */
  readonly xyztUnits: number;
  /** What one unit of length is in mm (1 when the file does not say). */
  readonly mmPerUnit: number;
  /** `pixdim[0 … 7]`; the first is the sign of the qform's third axis. */
  readonly pixdim: readonly number[];
  readonly qformCode: number;
  readonly quaternion: Vec3;
  readonly qoffset: Vec3;
  readonly sformCode: number;
  /** `srow_x`, `srow_y`, `srow_z`. */
  readonly srow: readonly number[];
}

/** Bytes from which either version's header can be read. */
export const longestHeader = nifti2Layout.bytes + extensionFlagBytes;

/** Extensions lie between header and voxels; a file that claims more than this before them is broken. */
const largestVoxelOffset = 2 ** 28;

const mmPerUnitCode: Readonly<Record<number, number>> = { 1: 1000, 2: 1, 3: 0.001 };

/**
 * Reads and checks a header from the first bytes of an unpacked file.
 *
 * @param bytes `longestHeader` bytes, or all there are
 * @throws {VolumeError} for everything that makes the file unusable, before any voxel is read
 */
export function parseNiftiHeader(bytes: Uint8Array): NiftiHeader {
  const { layout, littleEndian } = recognise(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = (field: NiftiLayout["dim"]) => readField(view, field, littleEndian);

  const pair = readMagic(bytes, layout, littleEndian) === "pair";
  const dtype = dtypeOfCode(number(layout.datatype));
  const dims = readDims(readFields(view, layout.dim, littleEndian, 8));
  const voxelOffset = checkVoxelOffset(number(layout.voxOffset), pair ? 0 : layout.bytes + extensionFlagBytes);
  const geometry = readGeometry(view, layout, littleEndian);
  const description = bytes.subarray(layout.description.at, layout.description.at + descriptionBytes);
  return {
    version: layout.version,
    littleEndian,
    pair,
    dims,
    size: [dims[0], dims[1], dims[2] ?? 1],
    frames: dims.slice(3).reduce((product, length) => product * length, 1),
    dtype,
    voxelOffset,
    scaling: readScaling(number(layout.sclSlope), number(layout.sclInter)),
    affine: geometryToAffine(geometry, dims),
    geometry,
    intentCode: number(layout.intentCode),
    description: new TextDecoder().decode(untilZero(description)),
  };
}

function recognise(bytes: Uint8Array): { layout: NiftiLayout; littleEndian: boolean } {
  if (bytes.byteLength === 0)
    throw new VolumeError("not-nifti", "The file is empty (0 bytes): choose a .nii or .nii.gz file.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const layout of [nifti1Layout, nifti2Layout]) {
    for (const littleEndian of [true, false]) {
      if (bytes.byteLength < 4 || view.getInt32(0, littleEndian) !== layout.bytes) continue;
      if (bytes.byteLength >= layout.bytes) return { layout, littleEndian };
      throw new VolumeError(
        "truncated",
        `The file ends inside its header: a NIfTI-${layout.version} header has ${layout.bytes} bytes, found ${bytes.byteLength}.`,
      );
    }
  }
  throw new VolumeError(
    "not-nifti",
    `This is ${foreignFormat(bytes) ?? "no NIfTI file"}: it does not start as NIfTI-1 or NIfTI-2 does. Choose a .nii or .nii.gz file.`,
  );
}

function readMagic(bytes: Uint8Array, layout: NiftiLayout, littleEndian: boolean): "single" | "pair" {
  const { magic } = layout;
  const matches = (wanted: readonly number[]) => wanted.every((byte, index) => bytes[magic.at + index] === byte);
  if (matches(magic.single)) return "single";
  if (matches(magic.pair)) return "pair";
  if (layout.version === 1 && looksLikeAnalyze(bytes, littleEndian)) {
    throw new VolumeError(
      "analyze",
      "This is an Analyze 7.5 header. Analyze does not say which side is left: convert the image to NIfTI with a program that knows its origin.",
    );
  }
  const expected = layout.version === 1 ? '"n+1" or "ni1"' : '"n+2" or "ni2" and its line ends';
  throw new VolumeError("not-nifti", `No NIfTI file, or a damaged one: its header is not marked by ${expected}.`);
}

/** NIfTI put its magic where Analyze had two numbers that were hardly ever used. */
function looksLikeAnalyze(bytes: Uint8Array, littleEndian: boolean): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const analyzeExtents = 16384;
  return view.getInt32(nifti1Layout.magic.at) === 0 || view.getInt32(32, littleEndian) === analyzeExtents;
}

function readDims(dim: readonly number[]): number[] {
  const axes = dim[0];
  if (!(axes >= 1 && axes <= 7)) {
    throw new VolumeError("bad-dimensions", `The header states ${axes} dimensions; NIfTI has 1 to 7.`);
  }
  const dims = dim.slice(1, 1 + axes);
  const shape = dims.join(" × ");
  if (axes === 1) {
    throw new VolumeError(
      "bad-dimensions",
      `The file holds a row of ${shape} numbers; an image has 2 dimensions or more.`,
    );
  }
  if (dims.some((length) => length < 1)) {
    throw new VolumeError(
      "bad-dimensions",
      `The header states a size of ${shape}; every dimension must be at least 1.`,
    );
  }
  if (dims.reduce((product, length) => product * length, 8) > Number.MAX_SAFE_INTEGER) {
    throw new VolumeError("too-large", `The header states a size of ${shape}, more than any file can hold.`);
  }
  return dims;
}

function checkVoxelOffset(offset: number, least: number): number {
  if (!Number.isInteger(offset) || offset < least || offset > largestVoxelOffset) {
    throw new VolumeError(
      "bad-offset",
      `The header states that the voxels start at byte ${offset}; it must be a whole number from ${least} to ${largestVoxelOffset}.`,
    );
  }
  return offset;
}

/** nifti1.h: a slope of 0 means no scaling, intercept included. */
function readScaling(slope: number, intercept: number): Scaling {
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, intercept: 0 };
  if (Number.isFinite(intercept)) return { slope, intercept };
  throw new VolumeError(
    "bad-scaling",
    `The header scales values by ${slope} and then adds ${intercept}, which gives none.`,
  );
}

function readGeometry(view: DataView, layout: NiftiLayout, littleEndian: boolean): NiftiGeometry {
  const numbers = (field: NiftiLayout["dim"], count: number) => readFields(view, field, littleEndian, count);
  const [xyztUnits] = numbers(layout.xyztUnits, 1);
  const [b, c, d] = numbers(layout.quaternion, 3);
  const [x, y, z] = numbers(layout.qoffset, 3);
  return {
    xyztUnits,
    mmPerUnit: mmPerUnitCode[xyztUnits & 7] ?? 1,
    pixdim: numbers(layout.pixdim, 8),
    qformCode: numbers(layout.qformCode, 1)[0],
    quaternion: [b, c, d],
    qoffset: [x, y, z],
    sformCode: numbers(layout.sformCode, 1)[0],
    srow: numbers(layout.srow, 12),
  };
}

/** Voxel → world in mm: the sform when it has a code, else the qform when it has one, else edge lengths alone. */
function geometryToAffine(geometry: NiftiGeometry, dims: readonly number[]): Affine {
  const affine = spanOneSlice(formOf(geometry), (dims[2] ?? 1) === 1);
  const inMm = affine.map((value, index) => (index < 12 ? value * geometry.mmPerUnit : value));
  checkAffine(inMm);
  return inMm;
}

function formOf({ pixdim, quaternion, qoffset, qformCode, sformCode, srow }: NiftiGeometry): Affine {
  if (sformCode > 0) return [...srow, 0, 0, 0, 1];
  const [di, dj, dk] = pixdim.slice(1, 4).map(Math.abs);
  if (qformCode > 0) {
    return qformToAffine({ quaternion, offset: qoffset, spacing: [di, dj, dk], qfac: pixdim[0] < 0 ? -1 : 1 });
  }
  return [di, 0, 0, 0, 0, dj, 0, 0, 0, 0, dk, 0, 0, 0, 0, 1];
}

/** Writers of single slices often leave the third axis without a length: give it one unit, square to the slice. */
function spanOneSlice(affine: Affine, oneSlice: boolean): Affine {
  if (!oneSlice || spacing(affine)[2] !== 0) return affine;
  const [a, b, , x, d, e, , y, g, h, , z] = affine;
  const normal = [d * h - g * e, g * b - a * h, a * e - d * b];
  const length = Math.hypot(...normal);
  if (!(length > 0)) return affine;
  const [p, q, r] = normal.map((value) => value / length);
  return [a, b, p, x, d, e, q, y, g, h, r, z, 0, 0, 0, 1];
}

function untilZero(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  // A copy: text decoders refuse shared memory.
  return bytes.slice(0, end < 0 ? bytes.length : end);
}
