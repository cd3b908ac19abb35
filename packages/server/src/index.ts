export { type AppOptions, createApp } from "./app.ts";
export type { Engine, OpenImage, SegmentObject } from "./engine/engine.ts";
export { createEngine, type EngineOptions } from "./engine/index.ts";
export { createLog } from "./http/logging.ts";
export { type RunningServer, type StartOptions, startServer } from "./main/serve.ts";
export { serve } from "./main/serve-until-signal.ts";
export { builtInModel } from "./repo-files.ts";
export {
  type Device,
  readSettings,
  type Setting,
  type Settings,
  SettingsError,
  settingsTable,
} from "./settings/settings.ts";
export { version } from "./version.ts";
