/** The `septum` command as functions. */

export type { Io } from "./program.ts";
export { run } from "./run.ts";
export type { PromptReport } from "./run-prompts.ts";
export type { SegmentOptions, SegmentReport } from "./segment-command.ts";
export { segment } from "./segment-command.ts";
