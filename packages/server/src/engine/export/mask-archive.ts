import { unzipSync, zipSync } from "fflate";
import { type ExportMask, ExportMismatchError, type ExportRequest } from "./exported.ts";
import { fileNames } from "./file-names.ts";
import { readLabelMap, writeMask } from "./nifti-files.ts";

/** A `.zip` with one `.nii.gz` per mask. */
export async function writeArchive(request: ExportRequest): Promise<Uint8Array<ArrayBuffer>> {
  const names = fileNames(request.masks);
  const files: Record<string, Uint8Array> = {};
  for (const [n, mask] of request.masks.entries()) files[`${names[n]}.nii.gz`] = await writeMask(mask, request);
  // Packed already.
  return zipSync(files, { level: 0 }) as Uint8Array<ArrayBuffer>;
}

/** Takes such an archive apart and reads its files again. Returns the voxels of each mask. Throws `ExportMismatchError`. */
export async function readArchive(bytes: Uint8Array, { masks, grid }: ExportRequest): Promise<number[]> {
  const files = new Map(Object.entries(unzipSync(bytes)));
  const names = fileNames(masks);
  if (files.size !== masks.length) {
    throw new ExportMismatchError(`The archive has ${files.size} files: ${masks.length} were expected`);
  }
  const counts: number[] = [];
  for (const [n, mask] of masks.entries()) {
    const file = files.get(`${names[n]}.nii.gz`);
    if (!file) throw new ExportMismatchError(`The archive has no file ${names[n]}.nii.gz`);
    counts.push(...(await readLabelMap(file, [inside(mask)], grid)));
  }
  return counts;
}

/** The mask as its own file has it. */
function inside(mask: ExportMask): ExportMask {
  return { ...mask, value: 1 };
}
