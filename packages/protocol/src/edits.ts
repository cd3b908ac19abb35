import { axis, slicePosition, voxel } from "./geometry.ts";
import { z } from "./zod.ts";

const coordinate = z.number().min(-1e6).max(1e6);
const place = z
  .tuple([coordinate, coordinate, coordinate])
  .meta({ description: "Voxel coordinates [i, j, k]; voxel centres lie at whole numbers" });
const millimetres = z.number().positive().max(500);
const threshold = z
  .tuple([z.number(), z.number()])
  .refine(([lower, upper]) => lower <= upper, "The lower end of the threshold must not be above the upper")
  .optional()
  .meta({ description: "Only voxels of the image from the first to the second value, after scaling" });

/** A stroke of the brush or the eraser. A disc lies in the slice along `axis`; a sphere reaches into the neighbours. */
const paint = z.object({
  kind: z.literal("paint"),
  add: z.boolean().meta({ description: "true: brush, false: eraser" }),
  shape: z.enum(["disc", "sphere"]).default("disc"),
  axis,
  radius_mm: millimetres,
  path: z.array(place).min(1).max(20_000).meta({ description: "The stroke, as a polyline" }),
  threshold,
});
/** What lies inside a closed line, on its slice or through the whole volume. */
const cut = z.object({
  kind: z.literal("cut"),
  add: z.boolean(),
  axis,
  slice_index: z.int(),
  points: z.array(slicePosition).min(3).max(20_000),
  through: z.boolean().default(false).meta({ description: "On every slice along the axis" }),
});

/**
 * A change of an object by hand: one step of the history, and the start of the next prompt. `fill_holes` without an axis
 * fills closed cavities, with one also what is closed on a slice.
 */
export const editBody = z.discriminatedUnion("kind", [
  paint,
  cut,
  z.object({ kind: z.literal("fill_holes"), axis: axis.optional() }),
  z.object({ kind: z.literal("keep_largest") }),
  z.object({ kind: z.literal("keep_island"), voxel }),
  z.object({ kind: z.literal("remove_island"), voxel }),
  z.object({ kind: z.literal("remove_small"), millilitres: z.number().positive().max(1e6) }),
  z.object({
    kind: z.literal("smooth"),
    method: z.enum(["median", "opening", "closing"]).default("median"),
    radius_mm: millimetres,
  }),
  z.object({ kind: z.literal("grow"), mm: millimetres }),
  z.object({ kind: z.literal("shrink"), mm: millimetres }),
  z.object({ kind: z.literal("fill_between"), axis }),
]);
/** As sent; defaults may be left out. */
export type EditInput = z.input<typeof editBody>;
/** As received; defaults filled in. */
export type EditBody = z.output<typeof editBody>;

/**
 * What becomes of other objects where this one grows. `keep`: both have the voxel. `take`: an unlocked object loses it, and
 * a locked one keeps it, so that this one does not get it.
 */
export const others = z.enum(["keep", "take"]);
export type Others = z.infer<typeof others>;
