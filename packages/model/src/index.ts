/**
 * A model folder becomes a `Model`: weights read without Python, an ONNX graph, a device.
 *
 * `loadModel` does it all; the other functions are its steps.
 */
export {
  type Catalogue,
  type CatalogueEntry,
  type CatalogueSettings,
  catalogueSettings,
  loadCatalogue,
} from "./catalogue.ts";
export { CatalogueUnavailable, DownloadFailed, LicenceNotAccepted, UnknownModel } from "./catalogue-errors.ts";
export { type Checkpoint, readCheckpoint, readWeights } from "./checkpoint.ts";
export { type CompiledGraph, type CompileOptions, compileModel } from "./compile.ts";
export {
  type Device,
  type DeviceName,
  type DeviceOptions,
  modelOnDevice,
  openDevice,
  type ProviderAttempt,
} from "./device.ts";
export {
  type DownloadProgress,
  type EnsureOptions,
  ensureModel,
  findModel,
  type Licence,
  modelPath,
} from "./ensure-model.ts";
export {
  CheckpointError,
  DeviceLost,
  DeviceUnavailable,
  ModelFolderError,
  PassFailed,
  UnsupportedModel,
} from "./errors.ts";
export { type FolderOptions, type ModelFolder, openModelFolder } from "./folder.ts";
export { type LoadedModel, type LoadOptions, loadModel, type ModelFacts } from "./load.ts";
export type { Network, Stage } from "./network.ts";
