import { readNifti, unpackBits, type Volume, wholeBox, writeNifti } from "@septum/volume";
import { nodeGunzip } from "../decode.ts";
import { gzip } from "../gzip.ts";
import { mergeLabels } from "../label-map.ts";
import { compareGrids, compareVoxels } from "./compare.ts";
import { type ExportMask, ExportMismatchError, type ExportRequest } from "./exported.ts";

type Grids = Pick<ExportRequest, "grid" | "source">;

const packingLevel = 6;

/** NIFTI_INTENT_LABEL. */
const labelIntent = 1002;

/** One `.nii.gz` label map of all masks: uint8 up to value 255, else uint16. */
export function writeLabelMap(masks: readonly ExportMask[], { grid, source }: Grids) {
  const valued = masks.map(({ value, bits }) => ({ label: value, bits }));
  return packed({ ...grid, data: mergeLabels(valued, grid.size, wholeBox(grid.size)) }, source);
}

/** One `.nii.gz` of one mask: 1 inside. */
export function writeMask({ bits }: ExportMask, { grid, source }: Grids) {
  const [ni, nj, nk] = grid.size;
  return packed({ ...grid, data: unpackBits(bits, ni * nj * nk) }, source);
}

function packed(volume: Volume, source: ExportRequest["source"]) {
  const { header, data } = writeNifti(volume, { source, labels: true });
  return gzip([header, data], packingLevel);
}

/** Reads a label map again. Returns the voxels of each mask in it. Throws `ExportMismatchError`. */
export async function readLabelMap(bytes: Uint8Array, masks: readonly ExportMask[], grid: ExportRequest["grid"]) {
  const { volume, header } = await readNifti(chunk(bytes), { gunzip: nodeGunzip });
  compareGrids(volume, grid);
  const { slope, intercept } = volume.scaling;
  const plain = (slope === 1 || slope === 0) && intercept === 0;
  if (!plain || header.intentCode !== labelIntent || !/^uint(8|16)$/.test(header.dtype)) {
    throw new ExportMismatchError(`The file is no label map: ${header.dtype}, intent ${header.intentCode}`);
  }
  return compareVoxels(volume, masks, grid.size);
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
