import type { Vec3 } from "@septum/volume";

export type Plane = "axial" | "coronal" | "sagittal";
export type View = Plane | "render";

/** One view alone, the three planes beside each other, or those and the 3D view. */
export type Layout = View | "three" | "grid";

export interface PlaneFacts {
  readonly title: string;
  /** Display axes shown to the right and upwards, and the one looked along. */
  readonly across: 0 | 1 | 2;
  readonly up: 0 | 1 | 2;
  readonly along: 0 | 1 | 2;
  /** Frame colours of 3D Slicer: axial red, coronal green, sagittal yellow. */
  readonly colour: string;
}

export const planes: Readonly<Record<Plane, PlaneFacts>> = {
  axial: { title: "Axial", across: 0, up: 1, along: 2, colour: "#f0716a" },
  coronal: { title: "Coronal", across: 0, up: 2, along: 1, colour: "#62c37b" },
  sagittal: { title: "Sagittal", across: 1, up: 2, along: 0, colour: "#e9c24c" },
};

export const planeNames: readonly Plane[] = ["axial", "coronal", "sagittal"];

/** Which slice each plane shows, counted from 1, and how many there are. */
export type Slices = Readonly<Record<Plane, { readonly at: number; readonly of: number }>>;

/** Letters at the edges of a plane. Radiological: the patient's right is on the screen's left. Noses point left. */
export function edgeLetters(plane: Plane, radiological: boolean) {
  const right = radiological ? "L" : "R";
  const left = radiological ? "R" : "L";
  if (plane === "axial") return { left, right, top: "A", bottom: "P" };
  if (plane === "coronal") return { left, right, top: "S", bottom: "I" };
  return { left: "A", right: "P", top: "S", bottom: "I" };
}

/** Rectangle in CSS pixels, from the viewer's top left corner. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * One plane as it is on the screen now. A place in the displayed volume is a `Vec3` of fractions, 0 = first face and
 * 1 = last face along right, anterior, superior.
 */
export interface Tile {
  readonly plane: Plane;
  readonly rect: Rect;
  /** Screen position of fraction 0 and of fraction 1 along the plane's two axes. */
  readonly horizontal: readonly [at0: number, at1: number];
  readonly vertical: readonly [at0: number, at1: number];
}

export function toScreen(tile: Tile, place: Vec3): { readonly x: number; readonly y: number } {
  const { across, up } = planes[tile.plane];
  const [left, right] = tile.horizontal;
  const [bottom, top] = tile.vertical;
  return { x: left + place[across] * (right - left), y: bottom + place[up] * (top - bottom) };
}

/** The place under a screen position; `place` gives the depth. May lie outside 0…1. */
export function fromScreen(tile: Tile, x: number, y: number, place: Vec3): Vec3 {
  const { across, up } = planes[tile.plane];
  const found: [number, number, number] = [...place];
  found[across] = (x - tile.horizontal[0]) / (tile.horizontal[1] - tile.horizontal[0]);
  found[up] = (y - tile.vertical[0]) / (tile.vertical[1] - tile.vertical[0]);
  return found;
}

export function isInside(place: Vec3): boolean {
  return place.every((part) => part >= 0 && part < 1);
}

export function holds({ x, y, width, height }: Rect, px: number, py: number): boolean {
  return px >= x && px < x + width && py >= y && py < y + height;
}
