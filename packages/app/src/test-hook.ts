import type { Vec3 } from "@septum/volume";
import { store } from "./state/store.ts";
import type { Plane } from "./viewer/planes.ts";
import type { FrameTime, Viewer } from "./viewer/viewer.ts";

/** What end-to-end tests read of the running page, as `window.septum`. It changes nothing. */
export interface TestHook {
  readonly sessionId: string | undefined;
  readonly phase: string;
  /** The scan is on the screen. */
  readonly ready: boolean;
  readonly shape: Vec3 | undefined;
  readonly points: readonly { readonly number: number; readonly voxel: Vec3; readonly color: string }[];
  readonly running: boolean;
  /** The segment that is shown whole, also where others overlap it. */
  readonly active: number | undefined;
  /** Voxels shown per label value. */
  shownLabels(): Readonly<Record<string, number>>;
  /** Where a voxel is drawn in a plane, in CSS pixels of the page; undefined when the plane is not on the screen. */
  screenPosition(voxel: Vec3, plane: Plane): { readonly x: number; readonly y: number } | undefined;
  readonly cross: Vec3 | undefined;
  /** What an object would be so far is on the screen, while it is being predicted. */
  readonly previewing: boolean;
  /** When the latest pictures of the slices were drawn, and how long the page was busy with each, in ms. */
  frameTimes(): readonly FrameTime[];
}

declare global {
  interface Window {
    septum?: TestHook;
  }
}

let viewer: Viewer | undefined;

export function showInTestHook(shown: Viewer | undefined): void {
  viewer = shown;
}

export function installTestHook(): void {
  window.septum = {
    get sessionId() {
      return store.getState().session.id;
    },
    get phase() {
      return store.getState().session.phase;
    },
    get ready() {
      return store.getState().scan === "ready";
    },
    get shape() {
      return viewer?.size;
    },
    get points() {
      return store.getState().points;
    },
    get active() {
      return viewer?.activeMask;
    },
    get running() {
      return store.getState().run !== undefined;
    },
    get cross() {
      return viewer?.cross;
    },
    shownLabels() {
      const some = [...(viewer?.tallies() ?? [])].filter(([, { voxels }]) => voxels > 0);
      return Object.fromEntries(some.map(([label, { voxels }]) => [label, voxels]));
    },
    get previewing() {
      return viewer?.previewing ?? false;
    },
    frameTimes: () => viewer?.frameTimes() ?? [],
    screenPosition(voxel, plane) {
      const corner = document.querySelector(".stage-host")?.getBoundingClientRect();
      const at = viewer?.screenPosition(voxel, plane);
      return corner && at && { x: corner.x + at.x, y: corner.y + at.y };
    },
  };
}
