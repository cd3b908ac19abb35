import type { Axis } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";

/** Axes of the file along which a slice's rows (y) and columns (x) are counted: the first and the second that remain. */
const planes = [
  { row: 1, column: 2 },
  { row: 0, column: 2 },
  { row: 0, column: 1 },
] as const;

export type Position = readonly [x: number, y: number];

/** The two axes within the slices along `axis`: columns, rows. */
export function slicePlane(axis: Axis): (typeof planes)[number] {
  return planes[axis];
}

/** Column and row of a place given in voxel coordinates. */
export function positionOn(axis: Axis, place: Vec3): Position {
  return [place[planes[axis].column], place[planes[axis].row]];
}

/** Voxel coordinates of a column and row on a slice. */
export function placeOn(axis: Axis, slice: number, [x, y]: Position): Vec3 {
  const place: [number, number, number] = [slice, slice, slice];
  place[planes[axis].column] = x;
  place[planes[axis].row] = y;
  return place;
}
