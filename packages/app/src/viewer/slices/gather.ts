import type { Box, Vec3 } from "@septum/volume";
import { type DisplayGrid, displaySize, displaySteps } from "../grid.ts";
import { type Plane, planes } from "../planes.ts";

/** Part of a slice as it is shown: columns to the right in display order, rows upwards, half-open. */
export interface SliceRegion {
  readonly columns: readonly [number, number];
  readonly rows: readonly [number, number];
}

/** Columns and rows of a plane's slices. */
export function sliceSize(grid: DisplayGrid, plane: Plane): readonly [columns: number, rows: number] {
  const size = displaySize(grid);
  return [size[planes[plane].across], size[planes[plane].up]];
}

export function wholeSlice(grid: DisplayGrid, plane: Plane): SliceRegion {
  const [columns, rows] = sliceSize(grid, plane);
  return { columns: [0, columns], rows: [0, rows] };
}

/** The part of a slice that a display box covers; undefined when the slice is beside it. */
export function regionOf(box: Box, plane: Plane, slice: number): SliceRegion | undefined {
  const { across, up, along } = planes[plane];
  const [from, to] = box[along];
  if (slice < from || slice >= to) return undefined;
  return { columns: box[across], rows: box[up] };
}

/**
 * Copies part of a slice out of a volume (`i` fastest) into `out`, columns fastest; `slice` counts display voxels along the
 * plane's axis. Every `step`-th element of `out` is written, so that two volumes can be interleaved.
 */
export function gatherSlice(
  data: ArrayLike<number>,
  grid: DisplayGrid,
  plane: Plane,
  slice: number,
  { columns, rows }: SliceRegion,
  out: { [index: number]: number },
  offset = 0,
  step = 1,
): void {
  const { start, step: steps } = displaySteps(grid);
  const { across, up, along } = planes[plane];
  const right = steps[across];
  const [first, last] = columns;
  let to = offset;
  for (let row = rows[0]; row < rows[1]; row++) {
    let from = start + slice * steps[along] + row * steps[up] + first * right;
    for (let column = first; column < last; column++) {
      out[to] = data[from];
      from += right;
      to += step;
    }
  }
}

/** The display voxel that a crosshair voxel lies on along a plane's axis. */
export function sliceAt(plane: Plane, display: Vec3): number {
  return display[planes[plane].along];
}
