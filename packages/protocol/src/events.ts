import { box, hexColor, label, voxel } from "./geometry.ts";
import { segmentState } from "./session.ts";
import { z } from "./zod.ts";

/** Events of one session are numbered; a gap means that something was missed and the state must be read again. */
const seq = z.int().min(0);

/** Somebody whose page follows the session now. Nothing is known of them but that, and nothing is kept. */
export const person = z.object({
  id: z.string(),
  name: z.string(),
  color: hexColor,
  voxel: voxel.optional().meta({ description: "Where they look, if they say so" }),
});
export type Person = z.infer<typeof person>;

/** Where `person`, as their `hello` named them, looks. */
export const presenceBody = z.object({ person: z.string().max(40), voxel });

/**
 * What `/api/events` sends, one JSON object per server-sent event (its `id` is `seq`, its `event` is `type`).
 *
 * - `hello`: first on every connection; `missed` when events since `Last-Event-ID` are no longer kept; `person` is whom
 *   this connection is among the people, and `?person=` of a later connection goes on as the same
 * - `presence`: who follows the session now; has the number of the event before it, and is never repeated
 * - `progress`: after every network pass, and while waiting for a turn
 * - `run`: a run began (`numbers`) or ended
 * - `points`: numbered points changed
 * - `label`: an attribute of a label changed: all of them as they are now
 * - `history`: a step was added, undone or redone
 * - `segment`: an object changed in `box`; null with `voxels` 0 when it is gone
 * - `image`: another image
 * - `upload`: bytes of an upload received so far
 * - `deleted`: the session is gone; nothing follows
 */
export const sessionEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    seq,
    missed: z.boolean(),
    image_revision: z.int(),
    mask_revision: z.int(),
    person: z.string().optional(),
  }),
  z.object({ type: z.literal("presence"), seq, people: z.array(person) }),
  z.object({
    type: z.literal("progress"),
    seq,
    label,
    stage: z.enum(["waiting", "coarse", "refine"]),
    done: z.int().meta({ description: "Passes done for this object" }),
    expected: z
      .int()
      .meta({ description: "Passes expected for this object; a lower bound until refinement is planned" }),
    preview: z.int().optional().meta({ description: "Number of the newest preview; grows with every pass" }),
    ahead: z.int().optional().meta({ description: "Passes of others before ours" }),
    seconds: z.number().optional().meta({ description: "How long those will take, going by the latest passes" }),
    object: z.int().optional().meta({ description: "Which object of the run this is, from 1" }),
    objects: z.int().optional(),
  }),
  z.object({
    type: z.literal("run"),
    seq,
    state: z.enum(["started", "completed", "aborted", "failed"]),
    numbers: z.array(label),
  }),
  z.object({ type: z.literal("points"), seq, total_points: z.int() }),
  z.object({
    type: z.literal("segment"),
    seq,
    label,
    voxels: z.int(),
    box: box.nullable(),
    removed: z.boolean(),
    mask_revision: z.int(),
  }),
  z.object({
    type: z.literal("label"),
    seq,
    label,
    name: z.string(),
    color: hexColor,
    value: label,
    locked: z.boolean(),
    state: segmentState,
  }),
  z.object({
    type: z.literal("history"),
    seq,
    position: z.int().meta({ description: "Steps in effect" }),
    total: z.int(),
    undo: z.string().nullable().meta({ description: "Name of the step that undo would take back" }),
    redo: z.string().nullable().meta({ description: "Name of the step that redo would bring back" }),
  }),
  z.object({ type: z.literal("image"), seq, image_revision: z.int() }),
  z.object({ type: z.literal("upload"), seq, received: z.int(), total: z.int().nullable() }),
  z.object({ type: z.literal("deleted"), seq }),
]);
export type SessionEvent = z.infer<typeof sessionEvent>;

/** `Omit` on each member of a union, not on what they share. */
type Unnumbered<T> = T extends unknown ? Omit<T, "seq"> : never;
/** An event before it is numbered. */
export type EventBody = Unnumbered<SessionEvent>;
