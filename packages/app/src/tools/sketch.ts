import type { Axis, EditInput, PromptInput } from "@septum/protocol";
import type { Box, Vec3 } from "@septum/volume";
import type { Plane } from "../viewer/planes.ts";
import { type Position, positionOn, slicePlane } from "./slice-plane.ts";
import { thinLine } from "./thin-line.ts";

/** What is drawn by dragging. */
export type DrawTool = "box" | "scribble" | "lasso" | "brush" | "eraser";

/** A drawing as the hand made it, finished or not: on one slice, in the file's voxel coordinates, not rounded. */
export interface Sketch {
  readonly tool: DrawTool;
  readonly plane: Plane;
  /** The file's axis that the plane looks along, and the slice on it. */
  readonly axis: Axis;
  readonly slice: number;
  readonly positive: boolean;
  /** Where the pointer went; for a box its first corner and the latest. */
  readonly places: readonly Vec3[];
}

export interface BrushStroke {
  readonly radiusMm: number;
  readonly shape: "disc" | "sphere";
  readonly threshold?: readonly [number, number];
}

/** Half a scribble's width in voxels, as networks are trained on. */
export const scribbleRadius = 1;

/** How far a thinned line may be from what was drawn, in voxels. */
const tolerance = 0.1;
/** What one drawing may have on the wire. */
const mostPoints = 20_000;

/** The sketch with another place; for a box the last corner moves. Places closer than a tenth of a voxel are the same. */
export function extended(sketch: Sketch, place: Vec3): Sketch {
  const { places, tool } = sketch;
  if (tool === "box") return { ...sketch, places: [places[0], place] };
  const last = places[places.length - 1];
  if (Math.hypot(place[0] - last[0], place[1] - last[1], place[2] - last[2]) < tolerance) return sketch;
  return places.length < mostPoints ? { ...sketch, places: [...places, place] } : sketch;
}

/** The voxels a box reaches into on its slice, half-open, inside the volume; undefined when it lies beside it. */
export function sketchedBox({ places, axis, slice }: Sketch, size: Vec3): Box | undefined {
  const [a, b] = [places[0], places[places.length - 1]];
  const range = (d: 0 | 1 | 2) => {
    if (d === axis) return [slice, slice + 1] as const;
    const lo = Math.max(0, Math.floor(Math.min(a[d], b[d]) + 0.5));
    const hi = Math.min(size[d], Math.floor(Math.max(a[d], b[d]) + 0.5) + 1);
    return [lo, hi] as const;
  };
  const box: Box = [range(0), range(1), range(2)];
  return box.every(([lo, hi]) => lo < hi) ? box : undefined;
}

/** The prompt that a finished box, scribble or lasso is; undefined when nothing of it is in the volume. */
export function promptOf(sketch: Sketch, size: Vec3): PromptInput | undefined {
  const { tool, axis, slice, positive } = sketch;
  if (tool === "box") {
    const box = sketchedBox(sketch, size);
    return box && { kind: "box", box, positive };
  }
  const line = lineOf(sketch);
  if (!reaches(line, axis, size)) return undefined;
  if (tool === "scribble") {
    return { kind: "scribble", axis, slice_index: slice, points: line, radius: scribbleRadius, positive };
  }
  if (tool !== "lasso" || line.length < 3) return undefined;
  return { kind: "lasso", axis, slice_index: slice, points: line, positive };
}

/**
 * The edit that a finished stroke of the brush or the eraser is. Its path is not thinned: the voxels are already on the
 * screen, and the server shall come to the same ones.
 */
export function editOf({ axis, tool, places }: Sketch, { radiusMm, shape, threshold }: BrushStroke): EditInput {
  return {
    kind: "paint",
    add: tool === "brush",
    shape,
    axis,
    radius_mm: radiusMm,
    path: places.map(([i, j, k]): [number, number, number] => [i, j, k]),
    threshold: threshold && [threshold[0], threshold[1]],
  };
}

function lineOf({ places, axis }: Sketch): [number, number][] {
  return thinLine(
    places.map((place) => positionOn(axis, place)),
    tolerance,
  ).map(([x, y]) => [x, y]);
}

/** Whether any of it is over the slice, or so near that its width is. */
function reaches(line: readonly Position[], axis: Axis, size: Vec3): boolean {
  const { row, column } = slicePlane(axis);
  return line.some(([x, y]) => x > -1 && y > -1 && x < size[column] && y < size[row]);
}
