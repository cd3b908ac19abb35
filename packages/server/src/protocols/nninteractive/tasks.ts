import { task } from "../../engine/task.ts";
import { type ImageFileRequest, writeImageFile } from "./image-file.ts";
import { type MaskRequest, type PackMaskRequest, packMask, readDrawnMask } from "./mask.ts";

/** What the threads of the protocols do for nnInteractive's (threads.ts). */

export const readArrayFile = task((request: ImageFileRequest) => writeImageFile(request));

export const readMask = task(
  (request: MaskRequest) => readDrawnMask(request),
  (mask) => (mask ? [mask.data.buffer] : []),
);

export const writeMask = task(
  (request: PackMaskRequest) => packMask(request),
  ({ buffer }) => [buffer],
);
