import type { Box, Vec3 } from "@septum/volume";
import { z } from "./zod.ts";

const index = z.int().min(-0x80000000).max(0x7fffffff);
const edge = z.int().min(0).max(0xffffffff);
const range = z.tuple([edge, edge]);

/** Voxel index `[i, j, k]`; whether it lies inside the volume is for the session to say. */
export const voxel: z.ZodType<Vec3, Vec3> = z
  .tuple([index, index, index])
  .meta({ description: "Voxel index [i, j, k]" });

/** Voxels along each axis, `[ni, nj, nk]`. */
export const shape: z.ZodType<Vec3, Vec3> = z
  .tuple([edge, edge, edge])
  .meta({ description: "Voxels along each axis, [ni, nj, nk]" });

/** Half-open box of voxels: `[[i0, i1], [j0, j1], [k0, k1]]` holds `i0` and not `i1`. */
export const box: z.ZodType<Box, Box> = z
  .tuple([range, range, range])
  .meta({ description: "Half-open box of voxels, [[i0, i1], [j0, j1], [k0, k1]]" });

/** 0 = sagittal (fixed i), 1 = coronal (fixed j), 2 = axial (fixed k). */
export const axis = z
  .union([z.literal(0), z.literal(1), z.literal(2)])
  .meta({ description: "0 = sagittal (fixed i), 1 = coronal (fixed j), 2 = axial (fixed k)" });
export type Axis = z.infer<typeof axis>;

/** `[x, y]` on a slice: x = column, y = row. Voxel centres lie at whole numbers. */
export const slicePosition = z
  .tuple([z.number().min(-1e6).max(1e6), z.number().min(-1e6).max(1e6)])
  .meta({ description: "[x, y] on the slice: x = column, y = row; voxel centres lie at whole numbers" });

/** Label value of an object, also the number of its point. */
export const label = z.int().min(1).max(65535).meta({ description: "Label value of an object, 1 to 65535" });

/** `#rrggbb` */
export const hexColor = z.string().regex(/^#[0-9a-f]{6}$/);
