/** Everything heavy, off the event loop: `createEngine` makes the `Engine` that the server's sessions call. */
export { createEngine, type EngineOptions } from "./create-engine.ts";
export type {
  Applied,
  ApplyOptions,
  EndedPass,
  Engine,
  ImageInfo,
  LabelMap,
  ModelFacts,
  OpenImage,
  OpenOptions,
  PassProgress,
  Preview,
  SegmentObject,
  SliceRequest,
} from "./engine.ts";
export { EngineClosedError, ImageLostError, TaskLostError } from "./errors.ts";
