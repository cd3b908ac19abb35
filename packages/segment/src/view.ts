import { type Box, roundHalfEven, type Vec3 } from "@septum/volume";

/** Where the network looks: `box` at full resolution is scaled to the patch. Engine axes; pure arithmetic (spec §6.1). */
export interface View {
  readonly centre: Vec3;
  readonly zoom: number;
  /** Voxels of the volume along each edge: `rhe(patch * zoom)`. */
  readonly size: Vec3;
  /** May reach outside the volume on any side. */
  readonly box: Box;
  readonly patchSize: Vec3;
  /** Whether the patch is the box itself. A zoom just above 1 can leave the size as it is. */
  readonly unscaled: boolean;
}

export const largestZoom = 4;

export function viewAt(centre: Vec3, zoom: number, patchSize: Vec3): View {
  const size = mapAxes((axis) => roundHalfEven(patchSize[axis] * zoom));
  const range = (axis: number) => {
    const lo = centre[axis] - Math.floor(size[axis] / 2);
    return [lo, lo + size[axis]] as const;
  };
  const unscaled = size.every((length, axis) => length === patchSize[axis]);
  return { centre, zoom, size, box: [range(0), range(1), range(2)], patchSize, unscaled };
}

/** The next view of autozoom; undefined when it is zoomed out as far as it goes (spec §6.4). */
export function zoomOut(view: View): View | undefined {
  if (view.zoom >= largestZoom) return undefined;
  return viewAt(view.centre, Math.min(largestZoom, view.zoom * 1.5), view.patchSize);
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

/** A zoom coarsens every axis alike, and slices that are thick already would stand for nothing if they came thicker than this. */
const thickestSlice = 8;

/**
 * Zoom at which a patch sees at least `millimetres` along each of its edges; less where slices are thick, and 1 where it
 * does, or nearly does, unzoomed.
 */
export function zoomToSee(millimetres: number, patchSize: Vec3, spacing: Vec3): number {
  const wanted = Math.max(...patchSize.map((edge, axis) => millimetres / (edge * spacing[axis])));
  const zoom = Math.min(wanted, thickestSlice / Math.max(...spacing));
  return zoom < smallestUsefulZoom ? 1 : zoom;
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
