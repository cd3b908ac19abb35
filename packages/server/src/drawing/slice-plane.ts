import type { Axis } from "@septum/protocol";
import type { Box, Vec3 } from "@septum/volume";

/** Axes of a slice's rows and columns: the first and the second of the two that remain. */
const planes = [
  { row: 1, column: 2 },
  { row: 0, column: 2 },
  { row: 0, column: 1 },
] as const;

/** Axes of the volume along which rows (y) and columns (x) of a slice are counted. */
export function slicePlane(axis: Axis): (typeof planes)[number] {
  return planes[axis];
}

/** `[i, j, k]` of the place `x` (column), `y` (row) on a slice. */
export function sliceToVoxel(axis: Axis, index: number, x: number, y: number): Vec3 {
  const voxel: [number, number, number] = [0, 0, 0];
  voxel[axis] = index;
  voxel[planes[axis].row] = y;
  voxel[planes[axis].column] = x;
  return voxel;
}

/** Column and row of a voxel on the slice through it. */
export function voxelToSlice(axis: Axis, voxel: Vec3): { readonly x: number; readonly y: number } {
  return { x: voxel[planes[axis].column], y: voxel[planes[axis].row] };
}

/** The slice as a box, one voxel thick. */
export function sliceBox(axis: Axis, index: number, size: Vec3): Box {
  const range = (at: number) => (at === axis ? ([index, index + 1] as const) : ([0, size[at]] as const));
  return [range(0), range(1), range(2)];
}
