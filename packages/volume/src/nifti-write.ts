import { type Affine, checkAffine, spacing } from "./affine.ts";
import { hostIsLittleEndian, swapBytes } from "./byte-order.ts";
import { dtypeOfArray, type NiftiDtype, niftiDtypes } from "./nifti-dtype.ts";
import type { NiftiGeometry, NiftiHeader } from "./nifti-header.ts";
import {
  descriptionBytes,
  extensionFlagBytes,
  type NiftiLayout,
  nifti1Layout,
  nifti2Layout,
  writeField,
} from "./nifti-layout.ts";
import { affineToQform } from "./qform.ts";
import type { Scaling, Volume, VoxelArray } from "./volume.ts";
import { VolumeError } from "./volume-error.ts";

export interface NiftiWriteOptions {
  /**
   * Header of the file the volume's grid comes from. Its sform, qform, codes and unit are written as they were read, so
   * that every reader puts both files in the same place, also where readers disagree (neither form given).
   * Without it, or when the volume lies elsewhere, both forms are made from the affine.
   */
  readonly source?: NiftiHeader;
  /** A label map: marked as such, its numbers meant as stored (no scaling). */
  readonly labels?: boolean;
  /** Up to 79 bytes of UTF-8; the rest is cut off. */
  readonly description?: string;
}

/** A file in two pieces, to be sent or packed one after the other. */
export interface NiftiParts {
  /** Header and extension flag: 352 bytes, or 544 for NIfTI-2. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** The voxels, little-endian. The volume's own memory on little-endian machines. */
  readonly data: Uint8Array;
}

const identityScaling: Scaling = { slope: 1, intercept: 0 };

/** `NIFTI_INTENT_LABEL`. */
const labelIntent = 1002;

/** `NIFTI_XFORM_SCANNER_ANAT`. */
const scannerForm = 1;

/** `NIFTI_UNITS_MM`. */
const unitMm = 2;

const longestNifti1Axis = 32767;

/**
 * Makes a single-file NIfTI-1, or NIfTI-2 when an axis is longer than NIfTI-1 can say.
 *
 * @throws {VolumeError} `bad-volume`, `bad-affine`
 */
export function writeNifti(volume: Volume, options: NiftiWriteOptions = {}): NiftiParts {
  const { data, size } = volume;
  if (data.length !== size[0] * size[1] * size[2]) throw badSize(`${data.length} voxels`, size);
  const dtype = dtypeOfArray(data);
  return {
    header: writeNiftiHeader({ ...volume, dtype }, options),
    data: littleEndianBytes(data, niftiDtypes[dtype].bytes),
  };
}

/** A volume without its voxels, which follow from elsewhere. */
export interface NiftiGrid extends Omit<Volume, "data"> {
  readonly dtype: NiftiDtype;
}

/**
 * Header and extension flag of such a file; the voxels follow at once, little-endian, `i` fastest.
 *
 * @throws {VolumeError} `bad-volume`, `bad-affine`
 */
export function writeNiftiHeader(grid: NiftiGrid, options: NiftiWriteOptions = {}): Uint8Array<ArrayBuffer> {
  const { size, affine, dtype } = grid;
  if (!size.every((length) => Number.isInteger(length) && length > 0)) throw badSize("anything", size);
  checkAffine(affine);
  const layout = Math.max(...size) > longestNifti1Axis ? nifti2Layout : nifti1Layout;
  const geometry = sourceGeometry(affine, options.source) ?? geometryOf(affine);
  const { slope, intercept } = options.labels ? identityScaling : grid.scaling;
  const { code, bytes: width } = niftiDtypes[dtype];
  const flat = size[2] === 1 && options.source?.dims.length === 2;

  const header = new Uint8Array(layout.bytes + extensionFlagBytes);
  const view = new DataView(header.buffer);
  view.setInt32(0, layout.bytes, true);
  header.set(layout.magic.single, layout.magic.at);
  writeField(view, layout.dim, flat ? 2 : 3, ...size, 1, 1, 1, 1);
  writeField(view, layout.datatype, code);
  writeField(view, layout.bitpix, 8 * width);
  writeField(view, layout.voxOffset, header.length);
  writeField(view, layout.sclSlope, slope);
  writeField(view, layout.sclInter, intercept);
  writeField(view, layout.intentCode, options.labels ? labelIntent : 0);
  header.set(shortened(options.description ?? ""), layout.description.at);
  writeGeometry(view, layout, geometry);
  return header;
}

function badSize(what: string, size: readonly number[]): VolumeError {
  return new VolumeError("bad-volume", `Cannot write ${what} as a volume of ${size.join(" × ")}.`);
}

function sourceGeometry(affine: Affine, source: NiftiHeader | undefined): NiftiGeometry | undefined {
  const same = source?.affine.every((value, index) => value === affine[index]);
  return same ? source?.geometry : undefined;
}

function geometryOf(affine: Affine): NiftiGeometry {
  const qform = affineToQform(affine);
  return {
    xyztUnits: unitMm,
    mmPerUnit: 1,
    pixdim: [qform?.qfac ?? 1, ...spacing(affine)],
    // Sheared grids have no qform: better none than one that puts them elsewhere.
    qformCode: qform ? scannerForm : 0,
    quaternion: qform?.quaternion ?? [0, 0, 0],
    qoffset: qform?.offset ?? [0, 0, 0],
    sformCode: scannerForm,
    srow: affine.slice(0, 12),
  };
}

function writeGeometry(view: DataView, layout: NiftiLayout, geometry: NiftiGeometry): void {
  writeField(view, layout.pixdim, ...geometry.pixdim.slice(0, 4), 1, 1, 1, 1);
  writeField(view, layout.xyztUnits, geometry.xyztUnits);
  writeField(view, layout.qformCode, geometry.qformCode);
  writeField(view, layout.quaternion, ...geometry.quaternion);
  writeField(view, layout.qoffset, ...geometry.qoffset);
  writeField(view, layout.sformCode, geometry.sformCode);
  writeField(view, layout.srow, ...geometry.srow);
}

/** Cut between letters, with room for the closing zero. */
function shortened(text: string): Uint8Array {
  const bytes = new Uint8Array(descriptionBytes - 1);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return bytes.subarray(0, written);
}

function littleEndianBytes(data: VoxelArray, width: number): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (hostIsLittleEndian) return bytes;
  const swapped = bytes.slice();
  swapBytes(swapped, width);
  return swapped;
}
