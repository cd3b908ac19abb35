import { type Box, uniteBoxes } from "@septum/volume";
import type { BodyView } from "./body/body-view.ts";
import type { LabelLook } from "./labels/palette.ts";
import type { ShownLabels } from "./labels/shown-labels.ts";
import type { Rect } from "./planes.ts";
import type { Scan } from "./scan.ts";
import type { Window } from "./window.ts";

/** What the 3D view shows. */
export interface BodyScene {
  readonly scan: Scan;
  readonly labels: ShownLabels;
}

/**
 * The 3D view, made when it is first shown: NiiVue is most of the page's code, and the slices do not wait for it. While no
 * layout shows it, it is told nothing and draws nothing; what it missed it hears when it is shown again.
 */
export interface LazyBody {
  /** Puts it there, or hides it. */
  place(rect: Rect | undefined): void;
  setScene(scene: BodyScene | undefined): void;
  /** Labels changed in a box of the file's voxels. */
  touch(box: Box): void;
  setWindow(window: Window): void;
  setLooks(looks: ReadonlyMap<number, LabelLook>): void;
  setLabelsShown(shown: boolean): void;
  /** The slices are being drawn: slow pictures wait. */
  giveWay(): void;
  rotate(dx: number, dy: number): void;
  zoom(factor: number): void;
  resetCamera(): void;
  /** Screen position of a place in the volume, in CSS pixels from the view's corner; undefined until it is made. */
  readonly project: BodyView["project"] | undefined;
  dispose(): void;
}

/** What it is to show, and what it was told of that. */
interface Told {
  scene?: BodyScene;
  window?: Window;
  looks?: ReadonlyMap<number, LabelLook>;
  labelsShown?: boolean;
}

/** `onPaint` is told after each picture. */
export function createLazyBody(host: HTMLDivElement, canvas: HTMLCanvasElement, onPaint: () => void): LazyBody {
  const wanted: Told = {};
  const told: Told = {};
  let stale: Box | undefined;
  let view: BodyView | undefined;
  let rect: Rect | undefined;
  let asked = false;
  let disposed = false;

  async function make(): Promise<void> {
    asked = true;
    try {
      const { createBodyView } = await import("./body/body-view.ts");
      const made = await createBodyView(canvas, onPaint);
      if (disposed) return made.dispose();
      view = made;
      tell();
    } catch (error) {
      host.textContent = `No 3D view: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  function tell(): void {
    view?.setShown(rect !== undefined);
    if (!view || !rect) return;
    view.resize(rect.width, rect.height);
    const { scene, window, looks, labelsShown } = wanted;
    if (looks && looks !== told.looks) view.setLooks(looks);
    if (labelsShown !== undefined && labelsShown !== told.labelsShown) view.setLabelsShown(labelsShown);
    if (window && window !== told.window) view.setWindow(window);
    if (scene !== told.scene) {
      if (scene) void view.open(scene.scan, scene.labels);
      else view.close();
    } else if (stale) view.touch(stale);
    stale = undefined;
    Object.assign(told, wanted);
  }

  return {
    place(next) {
      rect = next;
      host.hidden = rect === undefined;
      if (rect) {
        const { x, y, width, height } = rect;
        Object.assign(host.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
        if (!asked) void make();
      }
      tell();
    },
    setScene(scene) {
      wanted.scene = scene;
      stale = undefined;
      tell();
    },
    touch(box) {
      stale = uniteBoxes(stale, box);
      tell();
    },
    setWindow(window) {
      wanted.window = window;
      tell();
    },
    setLooks(looks) {
      wanted.looks = looks;
      tell();
    },
    setLabelsShown(shown) {
      wanted.labelsShown = shown;
      tell();
    },
    giveWay: () => view?.giveWay(),
    rotate: (dx, dy) => view?.rotate(dx, dy),
    zoom: (factor) => view?.zoom(factor),
    resetCamera: () => view?.reset(),
    get project() {
      return view?.project;
    },
    dispose() {
      disposed = true;
      view?.dispose();
    },
  };
}
