import type { Box, Vec3 } from "@septum/volume";

/**
 * The door between voxel space `[i, j, k]` and engine space `[k, j, i]` (docs/spaces.md). Both name the same memory: a
 * volume with `i` fastest is a C-ordered array `[k, j, i]`, so only coordinates swap, in either direction, and no voxel moves.
 */
export function swapAxes(triple: Vec3): Vec3 {
  return [triple[2], triple[1], triple[0]];
}

/** `swapAxes` for a box. */
export function swapBoxAxes(box: Box): Box {
  return [box[2], box[1], box[0]];
}
