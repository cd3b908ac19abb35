import { type Box, roundHalfEven, type Vec3 } from "@septum/volume";
import type { QueuedView } from "./steps.ts";

/** Where the network looks: `box` at full resolution is scaled to the patch. Engine axes; pure arithmetic (spec §6.1). */
export interface View {
  readonly centre: Vec3;
  /** Of the axes that are zoomed out furthest. */
  readonly zoom: number;
  /** Of each axis. The spec has one zoom for all. */
  readonly zooms: Vec3;
  readonly zooming: Zooming;
  /** Voxels of the volume along each edge: `rhe(patch * zoom)`. */
  readonly size: Vec3;
  /** May reach outside the volume on any side. */
  readonly box: Box;
  readonly patchSize: Vec3;
  /** Whether the patch is the box itself. A zoom just above 1 can leave the size as it is. */
  readonly unscaled: boolean;
}

/** How the axes share a zoom: each is zoomed by it over its own `thickness`, but by no less than `least`. */
export interface Zooming {
  readonly thickness: Vec3;
  readonly least: number;
}

/** As the spec does. */
const allAlike: Zooming = { thickness: [1, 1, 1], least: 1 };

export const largestZoom = 4;

export function viewAt(centre: Vec3, zoom: number, patchSize: Vec3, zooming = allAlike): View {
  const zooms = mapAxes((axis) => Math.max(zooming.least, zoom / zooming.thickness[axis]));
  const size = mapAxes((axis) => roundHalfEven(patchSize[axis] * zooms[axis]));
  const range = (axis: number) => {
    const lo = centre[axis] - Math.floor(size[axis] / 2);
    return [lo, lo + size[axis]] as const;
  };
  const unscaled = size.every((length, axis) => length === patchSize[axis]);
  return { centre, zoom, zooms, zooming, size, box: [range(0), range(1), range(2)], patchSize, unscaled };
}

/** The next view of autozoom; undefined when it is zoomed out as far as it goes (spec §6.4). */
export function zoomOut(view: View): View | undefined {
  if (view.zoom >= largestZoom) return undefined;
  return viewAt(view.centre, Math.min(largestZoom, view.zoom * 1.5), view.patchSize, view.zooming);
}

/** The patch-sized box around a centre (spec §6.6, fallback). */
export function patchBox(centre: Vec3, patchSize: Vec3): Box {
  return viewAt(centre, 1, patchSize).box;
}

/** Zoom at which a prompt of this extent is looked at first: a third of the patch stays free around it (spec §5.7). */
export function initialZoom(box: Box, patchSize: Vec3): number {
  const zooms = box.map(([lo, hi], axis) => (hi - lo + Math.floor(patchSize[axis] / 3)) / patchSize[axis]);
  return Math.max(1, ...zooms);
}

/** Below this a zoom that only the voxels' size asks for is not worth a blurred look and a refinement. */
const smallestUsefulZoom = 1.15;

/**
 * A first view that sees at least `millimetres` along each of its edges, or all of a smaller scan, and all that the prompt
 * asks for (`zoom`). Voxels are zoomed out towards cubes: slices that are thick stay as they are until the others' voxels are
 * as large. `size` and `spacing` are the volume's.
 *
 * Not in the spec, which looks at a patch of voxels first and zooms all axes alike.
 */
export function firstViewOf(millimetres: number, at: QueuedView, patchSize: Vec3, size: Vec3, spacing: Vec3): View {
  const finest = Math.min(...spacing);
  const thickness = mapAxes((axis) => spacing[axis] / finest);
  const whole = Math.max(...size.map((length, axis) => (length * thickness[axis]) / patchSize[axis]));
  const wanted = Math.min(whole, millimetres / (Math.min(...patchSize) * finest));
  const least = Math.min(largestZoom, at.zoom);
  const first = Math.min(largestZoom, Math.max(least, wanted < smallestUsefulZoom ? 1 : wanted));
  return viewAt(at.centre, first, patchSize, { thickness, least });
}

/** The voxel in the middle of a box, halves to even. */
export function boxCentre(box: Box): Vec3 {
  return mapAxes((axis) => roundHalfEven((box[axis][0] + box[axis][1]) / 2));
}

/** Edge of the cube by which points and scribbles are thickened at a zoom: `odd(2 * zoom - 1)` (spec §6.2). */
export function dilationEdge(zoom: number): number {
  const wanted = 2 * zoom - 1;
  const ceil = Math.ceil(wanted);
  if (ceil % 2 === 1) return ceil;
  const floor = Math.floor(wanted);
  return floor % 2 === 1 ? floor : floor + 1;
}

function mapAxes(value: (axis: number) => number): Vec3 {
  return [value(0), value(1), value(2)];
}
