import { box, label } from "./geometry.ts";
import { numberedPoint } from "./points.ts";
import { labelledAttributes, sessionId, time } from "./session.ts";
import { z } from "./zod.ts";

/** One change of the session that can be taken back. */
export const historyStep = z.object({
  id: z.int().min(1).meta({ description: "Grows from step to step; never used twice for the same image" }),
  name: z.string().meta({ description: "What was done, for a person, such as + point, liver" }),
  time,
  labels: z.array(label).meta({ description: "Points and objects that the step changed, ascending" }),
});
export type HistoryStep = z.infer<typeof historyStep>;

export const historyAnswer = z.object({
  session_id: sessionId,
  steps: z.array(historyStep).meta({ description: "Oldest first; those from `position` on have been undone" }),
  position: z
    .int()
    .meta({ description: "How many steps are in effect: undo takes back the one before, redo brings the next" }),
});
export type HistoryAnswer = z.infer<typeof historyAnswer>;

/** How an object is after an undo or a redo. */
export const travelledSegment = z.object({
  label,
  removed: z.boolean().meta({ description: "There is no such object now" }),
  changed_box: box
    .nullable()
    .meta({ description: "Where its mask changed, clipped to the volume; null: nowhere, or removed" }),
  voxels: z.int(),
  prompts: z.int(),
});
export type TravelledSegment = z.infer<typeof travelledSegment>;

/** What an undo or a redo of the session did. */
export const travelAnswer = z.object({
  session_id: sessionId,
  step: historyStep.meta({ description: "The step that was undone or redone" }),
  position: z.int(),
  total: z.int().meta({ description: "Steps of the history, undone ones included" }),
  points: z.array(numberedPoint).meta({ description: "All numbered points now" }),
  segments: z.array(travelledSegment).meta({ description: "Objects that the step changed, by label" }),
  labels: z
    .array(labelledAttributes)
    .meta({ description: "Labels whose attributes the step changed, as they are now" }),
  mask_revision: z.int(),
});
export type TravelAnswer = z.infer<typeof travelAnswer>;
