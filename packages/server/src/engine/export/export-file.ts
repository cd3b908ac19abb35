import { createHash } from "node:crypto";
import type { ExportedFile, ExportFormat, ExportRequest } from "./exported.ts";
import { readArchive, writeArchive } from "./mask-archive.ts";
import { readLabelMap, writeLabelMap } from "./nifti-files.ts";
import { readSegNrrdAgain, writeSegNrrd } from "./seg-nrrd-file.ts";
import { readDescriptions, readVolumes, writeDescriptions, writeVolumes } from "./tables.ts";

/** How a format is written, and how a file of it is compared with the masks; that returns the voxels of each in it. */
interface Codec {
  write(request: ExportRequest): Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
  verify(bytes: Uint8Array, request: ExportRequest): Promise<number[]> | number[];
}

export const codecs: Readonly<Record<ExportFormat, Codec>> = {
  nifti: {
    write: (request) => writeLabelMap(request.masks, request),
    verify: (bytes, { masks, grid }) => readLabelMap(bytes, masks, grid),
  },
  segments: { write: writeArchive, verify: readArchive },
  "seg.nrrd": {
    write: (request) => writeSegNrrd(request.masks, request),
    verify: (bytes, { masks, grid }) => readSegNrrdAgain(bytes, masks, grid),
  },
  itksnap: { write: ({ masks }) => writeDescriptions(masks), verify: readDescriptions },
  csv: { write: writeVolumes, verify: readVolumes },
};

/**
 * Makes a file of the masks and reads it again.
 *
 * @throws {ExportMismatchError} when it does not say what the masks say
 */
export async function exportFile(request: ExportRequest, codec: Codec = codecs[request.format]): Promise<ExportedFile> {
  const bytes = await codec.write(request);
  const voxels = await codec.verify(bytes, request);
  const segments = request.masks
    .map(({ label, value, name }, n) => ({ label, value, name, voxels: voxels[n] }))
    .sort((a, b) => a.label - b.label);
  return { bytes, segments, sha256: createHash("sha256").update(bytes).digest("hex") };
}
