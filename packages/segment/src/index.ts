export { type EditedBox, editMask } from "./edit/edit-mask.ts";
export type { EditAxis, MaskEdit } from "./edit/mask-edit.ts";
export { type Claim, type Neighbour, type Settlement, settle, settledPreview } from "./edit/settle.ts";
export { finishWork, type Work } from "./edit/work.ts";
export { isSegmentError, SegmentError, type SegmentErrorTag } from "./errors.ts";
export { type PreparedImage, prepareImage } from "./image.ts";
export type { ChannelPair, Model, ModelSettings, Patch, PromptKind } from "./model.ts";
export type { PartsChange, SavedParts } from "./parts.ts";
export type { Prompt } from "./prompt.ts";
export type { RandomIndex } from "./random.ts";
export { createSegmenter, finish } from "./segmenter.ts";
export type {
  ApplyOptions,
  PredictCallOptions,
  PredictOptions,
  PromptEdit,
  Segmenter,
  SegmenterOptions,
} from "./segmenter-api.ts";
export type { SegmenterState } from "./state.ts";
export { decodeState, encodeState } from "./state-bytes.ts";
export type { Applied, CoarseStep, Preview, PromptRecord, RefineStep, Step } from "./steps.ts";
