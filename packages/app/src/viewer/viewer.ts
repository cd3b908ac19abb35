import type { Box, Vec3 } from "@septum/volume";
import type { DisplayGrid } from "./grid.ts";
import type { Stroke } from "./labels/label-store.ts";
import type { Layer } from "./labels/layer.ts";
import type { LabelLook } from "./labels/palette.ts";
import type { Paint } from "./labels/stroke.ts";
import type { LabelTally } from "./labels/tally.ts";
import type { Layout, Plane, Slices } from "./planes.ts";
import type { Window } from "./window.ts";

/** A numbered point as the viewer shows it. */
export interface ViewerPoint {
  readonly number: number;
  readonly voxel: Vec3;
  readonly colour: string;
}

/** Where somebody else looks. */
export interface ViewerPerson {
  readonly name: string;
  readonly colour: string;
  readonly voxel: Vec3;
}

export interface ViewerEvents {
  /** The crosshair moved to another voxel. */
  onLocation(voxel: Vec3, slices: Slices): void;
  /** One of the planes was pressed. */
  onTouch(plane: Plane): void;
  /** Alt and a click: which segment is there? */
  onAsk(voxel: Vec3): void;
  /** The window was changed by hand, in the file's values. */
  onWindow(window: Window): void;
  /** Labels on the screen changed. */
  onLabels(): void;
  /** The browser took the graphics card away; nothing more can be drawn in this page. */
  onLost(): void;
}

export interface OpenedImage {
  /** The scan as `.nii` or `.nii.gz`. */
  readonly bytes: ArrayBuffer;
  readonly window: Window;
}

/** How much of the masks is shown in the slices, on top of each label's own opacity: 0 to 1. */
export interface MaskLook {
  readonly fill: number;
  readonly outline: number;
}

/** A picture that was drawn: when, and how long the page was busy with it, in ms. */
export interface FrameTime {
  readonly at: number;
  readonly took: number;
}

export interface Viewer {
  /** Shows a scan; labels and points of the one before are gone. Throws `VolumeError`. */
  open(image: OpenedImage): Promise<void>;
  close(): void;
  setWindow(window: Window): void;
  /** `labels`: one value per voxel of `box` (half-open, `[i, j, k]`), `i` fastest; 0 = no object. Resolves when shown. */
  setLabels(box: Box, labels: ArrayLike<number>): Promise<void>;
  /** Which segment is to be seen whole where others overlap it, once its own mask is there. */
  setActive(label: number | undefined): void;
  /** The active segment's own mask: first of the whole volume, then of parts. A bit per voxel. Resolves when shown. */
  setActiveMask(label: number, box: Box, bits: Uint8Array): Promise<void>;
  /** The label whose own mask is there. */
  readonly activeMask: number | undefined;
  /** Paints in the picture at once, above what `setLabels` brings until the stroke is settled. */
  beginStroke(paint: Paint): Stroke | undefined;
  /** Labels without a look have their standard colour. */
  setLooks(looks: ReadonlyMap<number, LabelLook>): void;
  setMaskLook(look: MaskLook): void;
  /** What a segment would be so far, in `#rrggbb`. */
  setPreview(layer: Layer | undefined, label: number, colour: string): void;
  setPoints(points: readonly ViewerPoint[], selected: number | undefined): void;
  setPeople(people: readonly ViewerPerson[]): void;
  setLayout(layout: Layout): void;
  /** Whether the patient's right is on the left of the screen. */
  setRadiological(radiological: boolean): void;
  setDragWindow(drag: DragWindow): void;
  goTo(voxel: Vec3): void;
  /** Goes to a slice of a plane, from 0, counted as `onLocation` counts them from 1. */
  goToSlice(plane: Plane, slice: number): void;
  /** Moves the crosshair by whole voxels as a plane shows them: to the right, upwards, and to the next slice. */
  nudge(plane: Plane, right: number, up: number, slices: number): void;
  /** Zoom and pan as at the beginning. */
  resetCamera(): void;
  /** Value of the scan at a voxel, after the file's scaling. */
  valueAt(voxel: Vec3): number | undefined;
  /** How many voxels have a label in the label map; where segments overlap, fewer than the segments have together. */
  labelled(): number;
  /** Where the labels on the screen are. */
  tallies(): ReadonlyMap<number, LabelTally>;
  /** Draws prompts, crosshair and letters anew; the pictures below stay. */
  refreshOverlay(): void;
  readonly size: Vec3 | undefined;
  readonly grid: DisplayGrid | undefined;
  readonly cross: Vec3 | undefined;
  /** Screen position of a voxel in a plane, CSS pixels from the viewer's corner; for tests. */
  screenPosition(voxel: Vec3, plane: Plane): { readonly x: number; readonly y: number } | undefined;
  /** Something of a prediction under way is on the screen; for tests. */
  readonly previewing: boolean;
  /** The latest pictures of the slices, oldest first; for tests. */
  frameTimes(): readonly FrameTime[];
  dispose(): void;
}

/** The window after a drag of so many pixels. */
export type DragWindow = (start: Window, dx: number, dy: number) => Window;
