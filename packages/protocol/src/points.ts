import { axis, hexColor, label, voxel } from "./geometry.ts";
import { sessionId } from "./session.ts";
import { z } from "./zod.ts";

const onSlice = z.object({
  axis,
  slice_index: z.int(),
  point: z.object({ x: z.int(), y: z.int() }).meta({ description: "x = column, y = row of that slice" }),
  point_number: label.optional(),
});
const inVolume = z.object({ voxel, point_number: label.optional() });

/** Where a numbered point goes: on a slice, or at a voxel. Without a number it becomes the last plus one. */
export const markPointBody = z.union([inVolume, onSlice]);
export type MarkPointBody = z.infer<typeof markPointBody>;

export const markPointAnswer = z.object({
  message: z.string(),
  session_id: sessionId,
  point_number: label,
  total_points: z.int(),
  voxel,
  color: hexColor,
});
export type MarkPointAnswer = z.infer<typeof markPointAnswer>;

export const numberedPoint = z.object({ number: label, voxel, color: hexColor });
export type NumberedPoint = z.infer<typeof numberedPoint>;

export const pointsAnswer = z.object({
  session_id: sessionId,
  total_points: z.int(),
  points: z.array(numberedPoint),
  by_slice: z
    .record(z.string(), z.record(z.string(), z.array(label)))
    .meta({ description: "Point numbers by axis, then by slice index" }),
});
export type PointsAnswer = z.infer<typeof pointsAnswer>;

/** After removing points: what is left. */
export const pointsRemovedAnswer = z.object({ message: z.string(), session_id: sessionId, total_points: z.int() });
export type PointsRemovedAnswer = z.infer<typeof pointsRemovedAnswer>;
