import { others } from "./edits.ts";
import { axis, box, hexColor, label, slicePosition, voxel } from "./geometry.ts";
import { segmentState, sessionId } from "./session.ts";
import { z } from "./zod.ts";

/** Longest drawing taken in one prompt. A scribble of that many points is longer than any hand draws. */
const maxDrawnPoints = 20_000;

const positive = z.boolean().default(true).meta({ description: "false: this does not belong to the object" });
const options = {
  predict: z.boolean().default(true).meta({ description: "false adds the prompt without running the network" }),
  autozoom: z.boolean().default(true),
};
const radius = z.number().min(0.5).max(50).optional().meta({ description: "Half the stroke's width, in voxels" });
const drawing = z.array(slicePosition).max(maxDrawnPoints);

const point = z.object({ kind: z.literal("point"), voxel, positive, ...options });
const flatBox = z.object({ kind: z.literal("box"), box, positive, ...options });
const sliceScribble = z.object({
  kind: z.literal("scribble"),
  axis,
  slice_index: z.int(),
  points: drawing.min(1),
  radius,
  positive,
  ...options,
});
const voxelScribble = z.object({
  kind: z.literal("scribble"),
  voxels: z.array(voxel).min(1).max(maxDrawnPoints),
  radius,
  positive,
  ...options,
});
const lasso = z.object({
  kind: z.literal("lasso"),
  axis,
  slice_index: z.int(),
  points: drawing.min(1),
  positive,
  ...options,
});

/**
 * One prompt. Points and boxes are voxels (a box is half-open and one voxel thick along one axis); scribbles are
 * polylines and lassos closed polygons on a slice, drawn into voxels by the server.
 */
export const promptBody = z.union([
  z.discriminatedUnion("kind", [point, flatBox, sliceScribble, lasso]),
  voxelScribble,
]);
/** As sent; defaults may be left out. */
export type PromptInput = z.input<typeof promptBody>;
/** As received; defaults filled in. */
export type PromptBody = z.output<typeof promptBody>;

export const segmentParams = z.object({ label: z.coerce.number().pipe(label) });

/** `n` counts the object's prompts from 0, in the order in which `GET /api/segments` lists them. */
export const promptParams = z.object({
  label: z.coerce.number().pipe(label),
  n: z.coerce.number().pipe(z.int().min(0).max(1_000_000)),
});

const offset: typeof voxel = voxel.meta({ description: "Whole voxels along [i, j, k]" });

/**
 * Changes an earlier prompt: flips its sign, or moves it. A point moves to `voxel`, a box becomes `box`, and anything drawn
 * goes by `offset`.
 */
export const promptPatch = z
  .object({
    positive: z.boolean().optional(),
    voxel: voxel.optional(),
    box: box.optional(),
    offset: offset.optional(),
  })
  .refine(
    ({ voxel, box, offset }) => [voxel, box, offset].filter((given) => given !== undefined).length < 2,
    "Give voxel for a point, box for a box, or offset for any of them, and only one",
  )
  .refine((patch) => Object.values(patch).some((value) => value !== undefined), "Give positive, voxel, box or offset");
export type PromptPatch = z.infer<typeof promptPatch>;

/** Most characters of a label's name; a server may take fewer (`SEPTUM_MAX_NAME_LENGTH`). */
export const maxNameLength = 1000;

const name = z
  .string()
  .trim()
  .min(1)
  .max(maxNameLength)
  .regex(/^\P{Cc}*$/u, "A name may not have line breaks or other control characters");

/** Changes the attributes of a label; null goes back to the default. What is left out stays. */
export const segmentPatch = z
  .object({
    name: name.nullable().optional(),
    color: hexColor.nullable().optional(),
    value: label.nullable().optional(),
    locked: z.boolean().optional(),
    state: segmentState.optional(),
  })
  .refine(
    (patch) => Object.values(patch).some((given) => given !== undefined),
    "Give name, color, value, locked or state",
  );
export type SegmentPatch = z.infer<typeof segmentPatch>;

/** A new object without voxels. Without a label it gets the highest in use plus one. */
export const segmentBody = z
  .object({ name: name.optional(), color: hexColor.optional(), value: label.optional(), label: label.optional() })
  .nullish();
export type SegmentBody = z.infer<typeof segmentBody>;

const voxelsOf = z.object({ label, voxels: z.int() });

/** `frame=mask` (or `1`): the object's own new mask in the changed box; `frame=labels`: the merged label map there. */
export const promptQuery = z.object({
  frame: z.enum(["1", "mask", "labels"]).optional(),
  others: others.optional().meta({
    description: "keep (default): where this object grows, others keep their voxels; take: unlocked ones lose them",
  }),
});

/**
 * What a prompt, an undo or a reset did to its object. With a frame asked for, the body is the frame and this is the
 * JSON in the header `X-Septum-Result`.
 */
export const segmentChange = z.object({
  session_id: sessionId,
  label,
  changed_box: box.nullable().meta({ description: "Where the mask changed, clipped to the volume; null: nowhere" }),
  voxels: z.int().meta({ description: "Voxels of the object now" }),
  prompts: z.int().meta({ description: "Prompts of the object now" }),
  passes: z.int(),
  zooms: z.array(z.number()),
  seconds_network: z.number(),
  seconds_total: z.number(),
  mask_revision: z.int(),
  taken: z.array(voxelsOf).meta({ description: "Voxels that other objects lost to this one" }),
  spared: z
    .array(voxelsOf)
    .meta({ description: "Voxels that others kept, locked or having taken them, and this one therefore did not get" }),
});
export type SegmentChange = z.infer<typeof segmentChange>;

export const runBody = z
  .object({ numbers: z.array(label).min(1).max(65535).optional().meta({ description: "Only these points" }) })
  .nullish();
export type RunBody = z.infer<typeof runBody>;

export const runAnswer = z.object({
  status: z.enum(["completed", "unchanged"]),
  message: z.string(),
  session_id: sessionId,
  unique_labels: z.array(label).meta({ description: "Labels with at least one voxel in the merged label map" }),
  segments: z.array(
    z.object({
      label,
      voxels: z.int(),
      unchanged: z.boolean().meta({ description: "Made by exactly this point before, and kept" }),
      passes: z.int(),
      seconds_network: z.number(),
      seconds_total: z.number(),
    }),
  ),
  mask_revision: z.int(),
});
export type RunAnswer = z.infer<typeof runAnswer>;

/** `voxel=i,j,k`: only objects that have it. */
export const segmentsQuery = z.object({
  voxel: z
    .string()
    .regex(/^\d{1,9}(,\d{1,9}){2}$/, "voxel must be three whole numbers i,j,k")
    .optional(),
});

/** `box=i0,i1,j0,j1,k0,k1`, half-open. */
export const maskQuery = z.object({
  box: z
    .string()
    .regex(/^\d{1,9}(,\d{1,9}){5}$/, "box must be six whole numbers i0,i1,j0,j1,k0,k1, half-open")
    .optional(),
  label: z.coerce.number().pipe(label).optional(),
});
export type MaskQuery = z.infer<typeof maskQuery>;

/** Header with the `segmentChange` of an answer whose body is a frame. */
export const resultHeader = "x-septum-result";
