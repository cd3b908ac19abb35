import type { Vec3 } from "@septum/volume";
import { type DisplayGrid, displaySize } from "./grid.ts";
import type { Placement } from "./layouts.ts";
import { planes, type Rect, type Tile } from "./planes.ts";

/** Room around a slice for the letters at its edges. */
const margin = 1.09;
const leastZoom = 0.5;
const mostZoom = 24;

/** What all planes look at. */
export interface Camera {
  /** 1: the whole slice fits into its tile. */
  readonly zoom: number;
  /** mm from the volume's middle to the middle of the tiles, along right, anterior, superior. */
  readonly centre: Vec3;
}

export const wholeView: Camera = { zoom: 1, centre: [0, 0, 0] };

/** Rectangle of a placement in a picture of so many CSS pixels. */
export function placedRect({ position: [left, top, wide, high] }: Placement, width: number, height: number): Rect {
  return { x: left * width, y: top * height, width: wide * width, height: high * height };
}

/** mm from the first face of the volume to the last, along right, anterior, superior. */
export function extent(grid: DisplayGrid, spacing: Vec3): Vec3 {
  const [nx, ny, nz] = displaySize(grid);
  const { axis } = grid;
  return [nx * spacing[axis[0]], ny * spacing[axis[1]], nz * spacing[axis[2]]];
}

/**
 * Where a plane's slice is drawn inside `rect`. Radiological: the patient's right on the left of axial and coronal slices.
 * Noses point left in sagittal ones, whichever way the others are shown.
 */
export function tileOf(plane: Tile["plane"], rect: Rect, camera: Camera, size: Vec3, radiological: boolean): Tile {
  const { across, up } = planes[plane];
  const fit = Math.min(rect.width / (size[across] * margin), rect.height / (size[up] * margin));
  const scale = fit * camera.zoom;
  const middle = { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
  const mirror = plane === "sagittal" || radiological ? -1 : 1;
  const x = (fraction: number) => middle.x + mirror * scale * ((fraction - 0.5) * size[across] - camera.centre[across]);
  const y = (fraction: number) => middle.y - scale * ((fraction - 0.5) * size[up] - camera.centre[up]);
  return { plane, rect, horizontal: [x(0), x(1)], vertical: [y(0), y(1)] };
}

/** Zooms by a factor while a place (fractions of the volume) stays where it is on the screen. */
export function zoomed(camera: Camera, factor: number, place: Vec3, size: Vec3): Camera {
  const zoom = Math.min(mostZoom, Math.max(leastZoom, camera.zoom * factor));
  const change = camera.zoom / zoom;
  const along = (d: 0 | 1 | 2) => {
    const at = (place[d] - 0.5) * size[d];
    return at - (at - camera.centre[d]) * change;
  };
  return { zoom, centre: [along(0), along(1), along(2)] };
}

/** Moves the picture so that what was at one place is at another. */
export function panned(camera: Camera, from: Vec3, to: Vec3, size: Vec3): Camera {
  const along = (d: 0 | 1 | 2) => camera.centre[d] - (to[d] - from[d]) * size[d];
  return { ...camera, centre: [along(0), along(1), along(2)] };
}
