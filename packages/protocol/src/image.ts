import { axis, hexColor, label, voxel } from "./geometry.ts";
import { imageFacts, sessionId } from "./session.ts";
import { z } from "./zod.ts";

/** The answer to an upload, and to opening the sample. */
export const uploadAnswer = imageFacts.extend({
  message: z.string(),
  session_id: sessionId,
  file_type: z.literal("nifti"),
  image_revision: z.int(),
});
export type UploadAnswer = z.infer<typeof uploadAnswer>;

/** A path part is text: `"2"`, never `2`. */
export const sliceParams = z.object({ axis: z.string(), slice_index: z.string() });

export const sliceQuery = z
  .object({ window: z.coerce.number().positive().optional(), level: z.coerce.number().optional() })
  .refine((query) => (query.window === undefined) === (query.level === undefined), {
    error: "window and level come together: give both or neither",
  });
export type SliceQuery = z.infer<typeof sliceQuery>;

export const markedPoint = z.object({
  number: label,
  x: z.int().meta({ description: "Column on this slice" }),
  y: z.int().meta({ description: "Row on this slice" }),
  voxel,
  color: hexColor,
});
export type MarkedPoint = z.infer<typeof markedPoint>;

/** Rows = first remaining axis, columns = second: axis 2 → rows i, columns j. */
export const sliceAnswer = z.object({
  session_id: sessionId,
  slice_data: z.array(z.array(z.number())).meta({ description: "Grey values 0–255, slice_data[row][column]" }),
  axis,
  slice_index: z.int(),
  max_slices: z.int(),
  marked_points: z.array(markedPoint),
});
export type SliceAnswer = z.infer<typeof sliceAnswer>;
