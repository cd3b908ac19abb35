/** Numbers a header field is made of. */
type Kind = "uint8" | "int16" | "int32" | "int64" | "float32" | "float64";

/** Where a field starts and what it is made of. */
export interface Field {
  readonly at: number;
  readonly kind: Kind;
}

/** Where each field that we use lies (nifti1.h, nifti2.h). */
export interface NiftiLayout {
  readonly version: 1 | 2;
  /** `sizeof_hdr`: also how a file is recognised. */
  readonly bytes: number;
  readonly magic: { readonly at: number; readonly single: readonly number[]; readonly pair: readonly number[] };
  readonly dim: Field;
  readonly intentCode: Field;
  readonly datatype: Field;
  readonly bitpix: Field;
  readonly pixdim: Field;
  readonly voxOffset: Field;
  readonly sclSlope: Field;
  readonly sclInter: Field;
  readonly xyztUnits: Field;
  readonly description: Field;
  readonly qformCode: Field;
  readonly sformCode: Field;
  /** `quatern_b`, `quatern_c`, `quatern_d`. */
  readonly quaternion: Field;
  /** `qoffset_x`, `qoffset_y`, `qoffset_z`. */
  readonly qoffset: Field;
  /** `srow_x`, `srow_y`, `srow_z`: twelve numbers. */
  readonly srow: Field;
}

/** Bytes of the description field in both versions. */
export const descriptionBytes = 80;

/** The four bytes after a header that say whether extensions follow. */
export const extensionFlagBytes = 4;

export const nifti1Layout: NiftiLayout = {
  version: 1,
  bytes: 348,
  magic: { at: 344, single: [0x6e, 0x2b, 0x31, 0], pair: [0x6e, 0x69, 0x31, 0] },
  dim: { at: 40, kind: "int16" },
  intentCode: { at: 68, kind: "int16" },
  datatype: { at: 70, kind: "int16" },
  bitpix: { at: 72, kind: "int16" },
  pixdim: { at: 76, kind: "float32" },
  voxOffset: { at: 108, kind: "float32" },
  sclSlope: { at: 112, kind: "float32" },
  sclInter: { at: 116, kind: "float32" },
  xyztUnits: { at: 123, kind: "uint8" },
  description: { at: 148, kind: "uint8" },
  qformCode: { at: 252, kind: "int16" },
  sformCode: { at: 254, kind: "int16" },
  quaternion: { at: 256, kind: "float32" },
  qoffset: { at: 268, kind: "float32" },
  srow: { at: 280, kind: "float32" },
};

export const nifti2Layout: NiftiLayout = {
  version: 2,
  bytes: 540,
  // The line ends after the name show when a file was sent as text.
  magic: {
    at: 4,
    single: [0x6e, 0x2b, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a],
    pair: [0x6e, 0x69, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a],
  },
  datatype: { at: 12, kind: "int16" },
  bitpix: { at: 14, kind: "int16" },
  dim: { at: 16, kind: "int64" },
  pixdim: { at: 104, kind: "float64" },
  voxOffset: { at: 168, kind: "int64" },
  sclSlope: { at: 176, kind: "float64" },
  sclInter: { at: 184, kind: "float64" },
  description: { at: 240, kind: "uint8" },
  qformCode: { at: 344, kind: "int32" },
  sformCode: { at: 348, kind: "int32" },
  quaternion: { at: 352, kind: "float64" },
  qoffset: { at: 376, kind: "float64" },
  srow: { at: 400, kind: "float64" },
  xyztUnits: { at: 500, kind: "int32" },
  intentCode: { at: 504, kind: "int32" },
};

/** Number `index` of a field. */
export function readField(view: DataView, field: Field, littleEndian: boolean, index = 0): number {
  const { bytes, read } = kinds[field.kind];
  return read(view, field.at + index * bytes, littleEndian);
}

/** The first `count` numbers of a field. */
export function readFields(view: DataView, field: Field, littleEndian: boolean, count: number): number[] {
  return Array.from({ length: count }, (_, index) => readField(view, field, littleEndian, index));
}

/** Writes the numbers of a field, little-endian. */
export function writeField(view: DataView, field: Field, ...values: readonly number[]): void {
  const { bytes, write } = kinds[field.kind];
  values.forEach((value, index) => {
    write(view, field.at + index * bytes, value);
  });
}

interface KindFacts {
  readonly bytes: number;
  readonly read: (view: DataView, at: number, littleEndian: boolean) => number;
  /** Little-endian. */
  readonly write: (view: DataView, at: number, value: number) => void;
}

const kinds: Readonly<Record<Kind, KindFacts>> = {
  uint8: { bytes: 1, read: (view, at) => view.getUint8(at), write: (view, at, value) => view.setUint8(at, value) },
  int16: {
    bytes: 2,
    read: (view, at, littleEndian) => view.getInt16(at, littleEndian),
    write: (view, at, value) => view.setInt16(at, value, true),
  },
  int32: {
    bytes: 4,
    read: (view, at, littleEndian) => view.getInt32(at, littleEndian),
    write: (view, at, value) => view.setInt32(at, value, true),
  },
  int64: {
    bytes: 8,
    read: (view, at, littleEndian) => Number(view.getBigInt64(at, littleEndian)),
    write: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  },
  float32: {
    bytes: 4,
    read: (view, at, littleEndian) => view.getFloat32(at, littleEndian),
    write: (view, at, value) => view.setFloat32(at, value, true),
  },
  float64: {
    bytes: 8,
    read: (view, at, littleEndian) => view.getFloat64(at, littleEndian),
    write: (view, at, value) => view.setFloat64(at, value, true),
  },
};
