import { NVImage } from "@niivue/niivue";
import { labelRgb } from "@septum/protocol";
import { type Box, type Vec3, wholeBox } from "@septum/volume";
import type { LabelLook } from "../labels/palette.ts";
import type { ShownLabels } from "../labels/shown-labels.ts";
import type { Scan } from "../scan.ts";
import { drawsInSoftware } from "../software.ts";
import type { Window } from "../window.ts";
import { createLabelCells, type LabelCells } from "./label-cells.ts";
import { createPace } from "./pace.ts";
import { Scene } from "./scene.ts";
import { thinFile } from "./thin-file.ts";
import { thinGrid } from "./thinned.ts";

/** The 3D view: the body faint, the segments solid in it. */
export interface BodyView {
  open(scan: Scan, labels: ShownLabels): Promise<void>;
  close(): void;
  /** Labels changed in a box of the file's voxels; shown within a second. */
  touch(box: Box): void;
  setWindow(window: Window): void;
  setLooks(looks: ReadonlyMap<number, LabelLook>): void;
  setLabelsShown(shown: boolean): void;
  rotate(dx: number, dy: number): void;
  zoom(factor: number): void;
  reset(): void;
  /** Screen position of a place in the volume, in CSS pixels from the view's corner. */
  project(place: Vec3): { readonly x: number; readonly y: number };
  /** Its size in CSS pixels. */
  resize(width: number, height: number): void;
  /** Draws nothing while it is not seen. */
  setShown(shown: boolean): void;
  /** The slices are being drawn: slow pictures wait. */
  giveWay(): void;
  dispose(): void;
}

/** Finer than a view of a few hundred pixels can show. */
const mostCells = 256;
/** Without a graphics card every cell is the processor's work. */
const mostCellsInSoftware = 128;

/** Puts a 3D view into a canvas; `onPaint` is told after each picture. Throws when the browser has no WebGL 2. */
export async function createBodyView(canvas: HTMLCanvasElement, onPaint: () => void): Promise<BodyView> {
  const scene = new Scene();
  await scene.attach(canvas);
  const software = drawsInSoftware(scene.gl);
  let shown: { readonly volume: NVImage; readonly cells: LabelCells } | undefined;
  let size = { width: 1, height: 1 };
  let blank = true;
  let opening = 0;
  let window: Window = { lower: 0, upper: 1 };
  let looks: ReadonlyMap<number, LabelLook> = new Map();
  /** Which of the 255 values of the 3D view stands for a label. */
  const slots = new Map<number, number>();

  const pace = createPace(
    scene.gl,
    (scale) => {
      if (!shown && blank) return false;
      blank = !shown;
      scene.paint(size.width, size.height, scale);
      onPaint();
      return !blank;
    },
    software,
  );
  scene.onChange = pace.ask;

  function slotOf(label: number): number {
    let slot = slots.get(label);
    if (slot === undefined) {
      slot = 1 + (slots.size % 255);
      slots.set(label, slot);
      colour();
    }
    return slot;
  }

  function colour(): void {
    const colours: (readonly [number, number, number])[] = Array.from({ length: 256 }, () => [0, 0, 0]);
    const opacities = new Array<number>(256).fill(0);
    for (const [label, slot] of slots) {
      const look = looks.get(label);
      colours[slot] = labelRgb(label, look?.colour);
      opacities[slot] = (look?.opacity ?? 1) > 0 ? 1 : 0;
    }
    scene.setLabelColours(colours, opacities);
  }

  function close(): void {
    opening++;
    shown?.cells.stop();
    if (shown) scene.removeVolume(shown.volume);
    shown = undefined;
  }

  return {
    async open(scan, labels) {
      const own = ++opening;
      const thin = thinGrid(scan.grid, software ? mostCellsInSoftware : mostCells);
      const file = await thinFile(scan, thin);
      const volume = await NVImage.loadFromUrl({ url: file, name: "body.nii" });
      if (own !== opening) return;
      [volume.cal_min, volume.cal_max] = [window.lower, window.upper];
      close();
      slots.clear();
      scene.addVolume(volume);
      scene.addLabels();
      const some = () => labels.map.tallies.labelled > 0 || (labels.active?.tally.voxels ?? 0) > 0;
      const cells = createLabelCells(scan, labels, thin, slotOf, {
        upload: (box, values) => scene.uploadLabels(box, values),
        uploadSmoothed: (box, smoothed) => scene.uploadSmoothed(box, smoothed),
        changed: () => scene.setSomeLabels(some()),
      });
      shown = { volume, cells };
      if (some()) cells.touch(wholeBox(scan.grid.size));
      pace.ask();
    },
    close,
    touch: (box) => shown?.cells.touch(box),
    setWindow(next) {
      window = next;
      if (!shown) return;
      const { volume } = shown;
      if (volume.cal_min === window.lower && volume.cal_max === window.upper) return;
      [volume.cal_min, volume.cal_max] = [window.lower, window.upper];
      scene.refreshLayers(volume, 0);
      scene.drawScene();
    },
    setLooks(next) {
      looks = next;
      if (slots.size > 0) colour();
    },
    setLabelsShown(visible) {
      scene.drawOpacity = visible ? 1 : 0;
      scene.drawScene();
    },
    rotate(dx, dy) {
      const { renderAzimuth: azimuth, renderElevation: elevation } = scene.scene;
      scene.setRenderAzimuthElevation(azimuth + dx / 2, Math.max(-90, Math.min(90, elevation + dy / 2)));
    },
    zoom: (factor) => scene.setScale(Math.min(4, Math.max(0.3, scene.scene.volScaleMultiplier * factor))),
    reset: () => scene.setScale(1),
    project: (place) => scene.project(place),
    resize(width, height) {
      if (width === size.width && height === size.height) return;
      size = { width, height };
      pace.ask();
    },
    setShown: pace.setShown,
    giveWay: pace.giveWay,
    dispose() {
      opening++;
      shown?.cells.stop();
      shown = undefined;
      pace.stop();
      scene.onChange = undefined;
      scene.cleanup();
      scene.gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}
