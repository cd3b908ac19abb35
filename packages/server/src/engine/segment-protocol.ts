import type {
  MaskEdit,
  ModelSettings,
  PartsChange,
  Patch,
  PreparedImage,
  Prompt,
  PromptEdit,
  SavedParts,
  Applied as SegmenterApplied,
  Settlement,
} from "@septum/segment";
import type { Box } from "@septum/volume";
import type { Beside, PassProgress, Preview } from "./engine.ts";
import type { Stage } from "./turns.ts";

/** What a segment thread is started with. */
export interface SegmentThreadData {
  readonly settings: ModelSettings;
}

/** Which object of which image: images are numbered by the engine, labels are the caller's. */
export interface ObjectKey {
  readonly image: number;
  readonly label: number;
}

/** What the engine knows of an object between calls. */
export interface ObjectFacts {
  readonly voxels: number;
  readonly prompts: number;
  readonly undoable: number;
  readonly redoable: number;
  /** Mask, prompts and history. */
  readonly bytes: number;
}

export interface Changed {
  readonly applied?: SegmenterApplied;
  readonly facts: ObjectFacts;
}

/** Of a call that asks for passes. */
export interface PassesCall extends ObjectKey {
  /** Number of this call, under which its passes are asked for. */
  readonly job: number;
  readonly beside?: Beside;
}

export interface ApplyCall extends PassesCall {
  readonly prompt: Prompt;
  readonly predict?: boolean;
  readonly autozoom?: boolean;
}

export interface PredictCall extends PassesCall {
  readonly autozoom?: boolean;
  readonly full?: boolean;
  readonly ownStep?: boolean;
}

export interface RewriteCall extends PassesCall {
  readonly edit: PromptEdit;
  readonly autozoom?: boolean;
}

export interface SettleCall extends ObjectKey {
  readonly beside: Beside;
}

export interface Settled {
  readonly settlement: Settlement;
  /** Of every object that changed, by label. */
  readonly facts: ReadonlyMap<number, ObjectFacts>;
}

/** What the engine asks of a segment thread. */
export type SegmentMethods = {
  openImage: { args: { readonly image: number; readonly prepared: PreparedImage }; result: undefined };
  closeImage: { args: { readonly image: number }; result: undefined };
  /** `mask` lies in shared memory and is the object's own from now on, all zero unless something was saved. */
  openObject: { args: ObjectKey & { readonly mask: Uint8Array; readonly saved?: SavedParts }; result: ObjectFacts };
  closeObject: { args: ObjectKey; result: undefined };
  apply: { args: ApplyCall; result: Changed; event: PassProgress };
  predict: { args: PredictCall; result: Changed; event: PassProgress };
  rewrite: { args: RewriteCall; result: Changed; event: PassProgress };
  edit: { args: ObjectKey & { readonly edit: MaskEdit }; result: Changed };
  settle: { args: SettleCall; result: Settled };
  undo: { args: ObjectKey; result: Changed };
  redo: { args: ObjectKey; result: Changed };
  reset: { args: ObjectKey; result: Changed };
  preview: { args: ObjectKey; result: Preview | undefined };
  bounds: { args: ObjectKey; result: Box | undefined };
  save: { args: ObjectKey; result: PartsChange };
  /** Gives back the shared memory of what was closed. */
  collect: { args: undefined; result: undefined };
  /** Answers. */
  ping: { args: undefined; result: undefined };
};

/** What a segment thread asks of the engine. */
export type HostMethods = {
  /** One pass of the network. While it waits and runs, the object's mask does not change. */
  pass: {
    args: { readonly job: number; readonly stage: Stage; readonly patch: Patch };
    result: Uint8Array<ArrayBuffer>;
  };
};
