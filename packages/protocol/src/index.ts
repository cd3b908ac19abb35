export { boxVoxels, packBits, unpackBits } from "@septum/volume";
export { type AdminAnswer, type AdminDone, type AdminSession, adminAnswer, adminDone, adminSession } from "./admin.ts";
export { type AdminClient, type AdminClientOptions, createAdminClient } from "./admin-client.ts";
export type { CallOptions, FrameOptions, SliceOptions } from "./call-options.ts";
export { type Client, createClient, type PromptResult } from "./client.ts";
export { type EditBody, type EditInput, editBody, type Others, others } from "./edits.ts";
export { ApiError, type ErrorAnswer, type ErrorCode, errorAnswer, errorStatus, isErrorCode } from "./errors.ts";
export type { EventsOptions } from "./event-stream.ts";
export { type EventBody, type Person, presenceBody, type SessionEvent, sessionEvent } from "./events.ts";
export {
  type ExportedFile,
  type ExportFormat,
  exportFormat,
  exportQuery,
  type Verified,
  verified,
  verifiedHeader,
} from "./export.ts";
export {
  decodeFrame,
  encodeFrame,
  type Frame,
  FrameError,
  type LabelFrame,
  type MaskFrame,
} from "./frame.ts";
export { type Axis, axis, box, hexColor, label, shape, slicePosition, voxel } from "./geometry.ts";
export {
  type HistoryAnswer,
  type HistoryStep,
  historyAnswer,
  historyStep,
  type TravelAnswer,
  type TravelledSegment,
  travelAnswer,
  travelledSegment,
} from "./history.ts";
export {
  type MarkedPoint,
  markedPoint,
  type SliceAnswer,
  type SliceQuery,
  sliceAnswer,
  sliceParams,
  sliceQuery,
  type UploadAnswer,
  uploadAnswer,
} from "./image.ts";
export {
  type ColorTemplateAnswer,
  colorTemplateAnswer,
  type LabelRow,
  labelColor,
  labelFile,
  labelName,
  labelRgb,
  readLabelFile,
} from "./labels.ts";
export { type LoginAnswer, type LoginBody, loginAnswer, loginBody } from "./login.ts";
export { type MasksAnswer, masksAnswer, masksQuery } from "./masks.ts";
export {
  type MarkPointAnswer,
  type MarkPointBody,
  markPointAnswer,
  markPointBody,
  type NumberedPoint,
  numberedPoint,
  type PointsAnswer,
  type PointsRemovedAnswer,
  pointsAnswer,
  pointsRemovedAnswer,
} from "./points.ts";
export { type PredictBody, predictBody, previewHeader } from "./predict.ts";
export {
  type MaskQuery,
  maskQuery,
  maxNameLength,
  type PromptBody,
  type PromptInput,
  type PromptPatch,
  promptBody,
  promptParams,
  promptPatch,
  promptQuery,
  type RunAnswer,
  type RunBody,
  resultHeader,
  runAnswer,
  runBody,
  type SegmentBody,
  type SegmentChange,
  type SegmentPatch,
  segmentBody,
  segmentChange,
  segmentParams,
  segmentPatch,
  segmentsQuery,
} from "./segmentation.ts";
export {
  type ImageFacts,
  imageFacts,
  labelledAttributes,
  type MessageAnswer,
  type ModelFacts,
  maxViewLength,
  messageAnswer,
  modelFacts,
  type PromptSummary,
  promptSummary,
  providerFacts,
  type SegmentAnswer,
  type SegmentState,
  type SegmentSummary,
  type SegmentsAnswer,
  type SessionAnswer,
  type SessionSummary,
  type SessionsAnswer,
  type StatusAnswer,
  segmentAnswer,
  segmentState,
  segmentSummary,
  segmentsAnswer,
  sessionAnswer,
  sessionId,
  sessionSummary,
  sessionsAnswer,
  statusAnswer,
  type View,
  viewBody,
} from "./session.ts";
export { onceHeader, sessionHeader, type TransportOptions } from "./transport.ts";
export type { UploadOptions, UploadProgress } from "./upload.ts";
