import type { Axis, PromptSummary } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import { type DisplayGrid, voxelToFraction } from "../viewer/grid.ts";
import { planes, type Tile, toScreen } from "../viewer/planes.ts";
import { type Sketch, scribbleRadius, sketchedBox } from "./sketch.ts";
import { type Position, placeOn } from "./slice-plane.ts";
import { distanceToSegment } from "./thin-line.ts";

/** A prompt as it is drawn, in the file's voxel coordinates. */
export interface Shape {
  readonly kind: "point" | "line" | "outline";
  readonly positive: boolean;
  readonly places: readonly Vec3[];
  /** Half the width of a line, in voxels. */
  readonly radius?: number;
  /** The axis whose slices it is drawn on; a point is drawn on all. */
  readonly axis?: Axis;
  /** First and last slice it is on. */
  readonly from: number;
  readonly to: number;
}

/** How a prompt shows on slices along `axis`; undefined when it does not. */
export function shapeOf(prompt: PromptSummary, axis: Axis): Shape | undefined {
  const { kind, positive, voxel, box } = prompt;
  if (kind === "mask") return undefined;
  if (voxel) return { kind: "point", positive, places: [voxel], from: voxel[axis], to: voxel[axis] };
  if (prompt.points && prompt.axis !== undefined && prompt.slice_index !== undefined) {
    if (prompt.axis !== axis) return undefined;
    const { slice_index: slice, radius } = prompt;
    const places = prompt.points.map((position) => placeOn(axis, slice, position));
    return { kind: kind === "lasso" ? "outline" : "line", positive, places, radius, axis, from: slice, to: slice };
  }
  if (!box) return undefined;
  const thin = box.findIndex(([lo, hi]) => hi - lo === 1);
  if (thin >= 0 && thin !== axis) return undefined;
  return { kind: "outline", positive, places: corners(box, axis), axis, from: box[axis][0], to: box[axis][1] - 1 };
}

/** How an unfinished or unsent drawing shows. */
export function sketchShape(sketch: Sketch, size: Vec3): Shape | undefined {
  const { axis, slice, positive, places } = sketch;
  const at = { positive, axis, from: slice, to: slice };
  if (sketch.tool === "box") {
    const box = sketchedBox(sketch, size);
    return box && { ...at, kind: "outline", places: corners(box, axis) };
  }
  if (sketch.tool === "lasso") return { ...at, kind: "outline", places };
  return { ...at, kind: "line", places, radius: scribbleRadius };
}

/** The shape moved by whole voxels. */
export function shifted(shape: Shape, by: Vec3, axis: Axis): Shape {
  const places = shape.places.map((place): Vec3 => [place[0] + by[0], place[1] + by[1], place[2] + by[2]]);
  return { ...shape, places, from: shape.from + by[axis], to: shape.to + by[axis] };
}

/** Slices between the shape and a slice along the same axis. */
export function slicesAway({ from, to }: Shape, slice: number): number {
  return Math.max(0, from - slice, slice - to);
}

/** CSS pixels from a screen position to what is drawn of a shape. */
export function distanceOnScreen(shape: Shape, grid: DisplayGrid, tile: Tile, at: Position): number {
  const line = screenLine(shape, grid, tile);
  if (line.length === 1) return Math.hypot(at[0] - line[0][0], at[1] - line[0][1]);
  let least = Number.POSITIVE_INFINITY;
  const count = shape.kind === "outline" ? line.length : line.length - 1;
  for (let n = 0; n < count; n++) least = Math.min(least, distanceToSegment(at, line[n], line[(n + 1) % line.length]));
  return least;
}

export function screenLine({ places }: Shape, grid: DisplayGrid, tile: Tile): Position[] {
  return places.map((place) => {
    const { x, y } = toScreen(tile, voxelToFraction(grid, place));
    return [x, y];
  });
}

/** CSS pixels per voxel across and up in a tile. */
export function pixelsPerVoxel(grid: DisplayGrid, { plane, horizontal, vertical }: Tile): Position {
  const { across, up } = planes[plane];
  const length = (d: 0 | 1 | 2) => grid.size[grid.axis[d]];
  return [Math.abs(horizontal[1] - horizontal[0]) / length(across), Math.abs(vertical[1] - vertical[0]) / length(up)];
}

/** Corners of the faces of a box on slices along `axis`: half a voxel around the centres of its voxels. */
function corners(box: readonly (readonly [number, number])[], axis: Axis): Vec3[] {
  const [a, b] = ([0, 1, 2] as const).filter((d) => d !== axis);
  return [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ].map(([sa, sb]) => {
    const place: [number, number, number] = [box[axis][0], box[axis][0], box[axis][0]];
    place[a] = box[a][sa] - 0.5;
    place[b] = box[b][sb] - 0.5;
    return place;
  });
}
