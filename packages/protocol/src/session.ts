import { axis, box, hexColor, label, shape, slicePosition, voxel } from "./geometry.ts";
import { z } from "./zod.ts";

export const sessionId = z.uuid().meta({ description: "UUID v4, the only key to the session" });
export const time = z.iso.datetime().meta({ description: "ISO 8601, UTC" });

/** A session id alone: the answer to `POST /api/session`. */
export const sessionAnswer = z.object({ session_id: sessionId });
export type SessionAnswer = z.infer<typeof sessionAnswer>;

/** The answer to a call that has nothing to say but that it was done. */
export const messageAnswer = z.object({ message: z.string(), session_id: sessionId });
export type MessageAnswer = z.infer<typeof messageAnswer>;

export const sessionSummary = z.object({
  session_id: sessionId,
  created_at: time,
  last_activity: time,
  nifti_loaded: z.boolean(),
  nifti_shape: shape.nullable(),
  total_points: z.int(),
});
export type SessionSummary = z.infer<typeof sessionSummary>;

export const sessionsAnswer = z.object({
  session_id: sessionId.optional(),
  sessions: z.array(sessionSummary),
  all: z
    .boolean()
    .meta({ description: "Whether this is the whole list; otherwise it holds the caller's session alone" }),
});
export type SessionsAnswer = z.infer<typeof sessionsAnswer>;

/** What is known about the image from its header and one look at its voxels. */
export const imageFacts = z.object({
  shape,
  spacing: z.tuple([z.number(), z.number(), z.number()]).meta({ description: "mm along i, j, k" }),
  affine: z.array(z.number()).length(16).meta({ description: "Voxel to world (RAS, mm), 4×4 row-major" }),
  orientation: z.string().meta({ description: "Direction in which i, j, k grow, such as RAS" }),
  dtype: z.string(),
  data_range: z.tuple([z.number(), z.number()]).meta({ description: "Least and largest value" }),
  window: z.tuple([z.number(), z.number()]).meta({ description: "Lower and upper end of a good first window" }),
});
export type ImageFacts = z.infer<typeof imageFacts>;

/**
 * One prompt of an object as kept by the server. A `mask` is what the object was given from elsewhere or by hand: always the
 * first of the list, and no more than one. Drawings have the box they lie in, and those on a slice their line as it was drawn.
 */
export const promptSummary = z.object({
  kind: z.enum(["point", "box", "scribble", "lasso", "mask"]),
  positive: z.boolean(),
  voxel: voxel.optional(),
  box: box.optional(),
  axis: axis.optional(),
  slice_index: z.int().optional(),
  points: z
    .array(slicePosition)
    .optional()
    .meta({ description: "The line on the slice, [x, y], thinned to at most 500 points" }),
  radius: z.number().optional().meta({ description: "Half the stroke's width, in voxels" }),
});
export type PromptSummary = z.infer<typeof promptSummary>;

/** How far the work on an object has come, for those who do it. */
export const segmentState = z.enum(["todo", "in_progress", "done"]);
export type SegmentState = z.infer<typeof segmentState>;

const attributes = {
  name: z.string(),
  color: hexColor,
  value: label.meta({ description: "Value in exported label maps; no other object of the session has it" }),
  locked: z.boolean().meta({ description: "No prompt, edit or run changes its mask" }),
  state: segmentState,
};

export const segmentSummary = z.object({
  label,
  ...attributes,
  voxels: z.int().meta({ description: "Voxels of the object itself, overlaps with others included" }),
  prompts: z.array(promptSummary),
});
export type SegmentSummary = z.infer<typeof segmentSummary>;

/** A label with its attributes as they are now. */
export const labelledAttributes = z.object({ number: label, ...attributes });

/** One object, after it was made or one of its attributes was changed. */
export const segmentAnswer = labelledAttributes.extend({ session_id: sessionId });
export type SegmentAnswer = z.infer<typeof segmentAnswer>;

/** Most characters of a view as JSON text. */
export const maxViewLength = 16_384;

/** How the session was last looked at: an object of the page's own making, kept and handed back as it is. */
export const viewBody = z
  .record(z.string(), z.json())
  .refine((view) => JSON.stringify(view).length <= maxViewLength, `A view may have ${maxViewLength} characters of JSON`)
  .meta({ description: `Any JSON object of at most ${maxViewLength} characters` });
export type View = z.infer<typeof viewBody>;

export const segmentsAnswer = z.object({ session_id: sessionId, segments: z.array(segmentSummary) });
export type SegmentsAnswer = z.infer<typeof segmentsAnswer>;

/** Tried in order when the server started. */
export const providerFacts = z.object({ name: z.string(), ok: z.boolean(), reason: z.string().optional() });

export const modelFacts = z.object({
  name: z.string(),
  licence: z.string(),
  patch_size: z.tuple([z.int(), z.int(), z.int()]).meta({ description: "Edges of the network's patch, [k, j, i]" }),
  device: z.string(),
  providers: z.array(providerFacts),
  seconds_per_pass: z
    .number()
    .nullable()
    .meta({ description: "Median of the latest network passes; before the first, what one at the start took" }),
});
export type ModelFacts = z.infer<typeof modelFacts>;

export const statusAnswer = z.object({
  session_id: sessionId,
  nifti_loaded: z.boolean(),
  nifti_shape: shape.nullable(),
  total_points: z.int(),
  nninteractive_available: z.boolean().meta({ description: "A model is loaded and has answered" }),
  cuda_available: z.boolean().meta({ description: "The model runs on CUDA, found by trying" }),
  segmentation_files: z.array(z.string()).meta({ description: "Files that can be downloaded now, by name" }),
  created_at: time,
  last_activity: time,
  expires_at: time.nullable().meta({ description: "When it is deleted unless it is used; null: never" }),
  version: z.string(),
  model: modelFacts,
  queue: z.object({ waiting: z.int(), running: z.int() }).meta({ description: "Network passes of all sessions" }),
  image: imageFacts.nullable(),
  segments: z.array(segmentSummary),
  running: z
    .object({ numbers: z.array(label) })
    .nullable()
    .meta({ description: "The run of this session in progress" }),
  uploading: z.boolean(),
  image_revision: z.int().meta({ description: "Grows when the image is replaced" }),
  mask_revision: z.int().meta({ description: "Grows when any object changes" }),
  max_upload_bytes: z.int(),
  max_name_length: z.int().meta({ description: "Characters that the name of an object may have" }),
  view: viewBody.nullable().meta({ description: "What `PUT /api/view` last kept" }),
  history: z
    .object({ position: z.int(), total: z.int() })
    .meta({ description: "Steps in effect, and steps in all: undo is possible from 1 on, redo below the total" }),
});
export type StatusAnswer = z.infer<typeof statusAnswer>;
