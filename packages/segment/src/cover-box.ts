import type { Box, Vec3 } from "@septum/volume";
import { patchBox } from "./view.ts";

/** Patch size, and the margin on each side of a patch that does not count as covered. */
export interface CoverSettings {
  readonly patchSize: Vec3;
  /** Less than half of every patch edge, so that a patch covers its own centre. */
  readonly margin: number;
}

/** The part of the patch around a voxel that counts as covered, inside a grid of `size` that holds the voxel. */
export function coveredBox(voxel: Vec3, { patchSize, margin }: CoverSettings, size: Vec3): Box {
  const box = patchBox(voxel, patchSize);
  const range = (axis: number) =>
    [Math.max(0, box[axis][0] + margin), Math.min(size[axis], box[axis][1] - margin)] as const;
  return [range(0), range(1), range(2)];
}
