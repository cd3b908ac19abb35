import type { Box, Vec3 } from "@septum/volume";
import type { Layout, Plane, Slices } from "./planes.ts";
import type { Window } from "./window.ts";

/** A numbered point as the viewer shows it. */
export interface ViewerPoint {
  readonly number: number;
  readonly voxel: Vec3;
  readonly colour: string;
}

export interface ViewerEvents {
  /** The crosshair moved to another voxel. */
  onLocation(voxel: Vec3, slices: Slices): void;
  /** A click without a drag in one of the planes. */
  onPick(voxel: Vec3, plane: Plane): void;
  /** The window was changed by hand, in the file's values. */
  onWindow(window: Window): void;
  /** The browser took the graphics card away; nothing more can be drawn in this page. */
  onLost(): void;
}

export interface OpenedImage {
  /** The scan as `.nii` or `.nii.gz`. */
  readonly bytes: ArrayBuffer;
  readonly window: Window;
}

export interface Viewer {
  /** Shows a scan; labels and points of the one before are gone. */
  open(image: OpenedImage): Promise<void>;
  close(): void;
  setWindow(window: Window): void;
  /** `labels`: one value per voxel of `box` (half-open, `[i, j, k]`), `i` fastest; 0 = no object. */
  setLabels(box: Box, labels: ArrayLike<number>): void;
  clearLabels(): void;
  /** 0 hides the labels, 1 covers the scan. */
  setLabelOpacity(opacity: number): void;
  setPoints(points: readonly ViewerPoint[], selected: number | undefined): void;
  setLayout(layout: Layout): void;
  setDragWindow(drag: DragWindow): void;
  goTo(voxel: Vec3): void;
  /** Moves the crosshair by whole voxels as a plane shows them: to the right, upwards, and to the next slice. */
  nudge(plane: Plane, right: number, up: number, slices: number): void;
  /** Zoom and pan as at the beginning. */
  resetCamera(): void;
  /** Value of the scan at a voxel, after the file's scaling. */
  valueAt(voxel: Vec3): number | undefined;
  /** Voxels per label value that are shown now. */
  shownLabels(): ReadonlyMap<number, number>;
  readonly size: Vec3 | undefined;
  readonly cross: Vec3 | undefined;
  /** Screen position of a voxel in a plane, CSS pixels from the viewer's corner; for tests. */
  screenPosition(voxel: Vec3, plane: Plane): { readonly x: number; readonly y: number } | undefined;
  dispose(): void;
}

/** The window after a drag of so many pixels. */
export type DragWindow = (start: Window, dx: number, dy: number) => Window;
