import { type Box, cutBits, type NiftiHeader, type Vec3, type Volume, wholeBox, writeNifti } from "@septum/volume";
import { encode } from "fast-png";
import { collectGarbage } from "./collect-garbage.ts";
import { type DecodeRequest, decodeImage } from "./decode.ts";
import type { SliceRequest } from "./engine.ts";
import { exportFile } from "./export/export-file.ts";
import type { ExportRequest } from "./export/exported.ts";
import { gzip } from "./gzip.ts";
import { type LabelledMask, mergeLabels } from "./label-map.ts";
import { cutLabels, type FileLabel, type MaskFile, type MaskFileRequest, readMaskFile } from "./mask-file.ts";
import { cutSlice } from "./slice.ts";
import { task } from "./task.ts";

interface SliceTask {
  readonly volume: Volume;
  readonly request: Required<SliceRequest>;
}

interface LabelsTask {
  readonly masks: readonly LabelledMask[];
  readonly size: Vec3;
}

interface LabelGrid {
  readonly grid: Omit<Volume, "data">;
  /** Header of the file the grid comes from. */
  readonly source: NiftiHeader;
}

/** An image is packed once per viewer that opens it and is mostly noise: speed counts. A label map is packed to be kept. */
const imageLevel = 1;
const labelLevel = 6;

const buffer = ({ buffer }: { readonly buffer: ArrayBufferLike }) => [buffer];

/** What the pool's threads can do. Each function is one task (`task-pool.ts`). */

export const decode = task((request: DecodeRequest) => {
  collectGarbage();
  return decodeImage(request);
});

export const slice = task(
  ({ volume, request }: SliceTask) => cutSlice(volume, request),
  ({ data }) => [data.buffer],
);

export const slicePng = task(({ volume, request }: SliceTask) => {
  const { rows, columns, data } = cutSlice(volume, request);
  return new Uint8Array(encode({ width: columns, height: rows, data, channels: 1, depth: 8 }));
}, buffer);

export const packImage = task(({ volume }: { readonly volume: Volume }) => {
  const { header, data } = writeNifti(volume);
  return gzip([header, data], imageLevel);
}, buffer);

export const mergeBox = task(
  ({ masks, size, box }: LabelsTask & { readonly box: Box }) => mergeLabels(masks, size, box),
  buffer,
);

export const cutMask = task(
  ({ bits, size, box }: { readonly bits: Uint8Array; readonly size: Vec3; readonly box: Box }) =>
    cutBits(bits, size, box),
  buffer,
);

export const packLabels = task(({ masks, grid, source }: Omit<LabelsTask, "size"> & LabelGrid) => {
  const data = mergeLabels(masks, grid.size, wholeBox(grid.size));
  const file = writeNifti({ ...grid, data }, { source, labels: true });
  return gzip([file.header, file.data], labelLevel);
}, buffer);

export const readMasks = task((request: MaskFileRequest) => readMaskFile(request));

export const cutLabel = task(({ file, labels }: { readonly file: MaskFile; readonly labels: readonly FileLabel[] }) =>
  cutLabels(file, labels),
);

export const exportMasks = task(
  (request: ExportRequest) => exportFile(request),
  ({ bytes }) => [bytes.buffer],
);

/** Answers. */
export const ping = task((_: undefined) => undefined);

/** Gives back the shared memory of what was closed. */
export const collect = task((_: undefined) => collectGarbage());
