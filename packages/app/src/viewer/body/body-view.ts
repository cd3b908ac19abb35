import { NVImage } from "@niivue/niivue";
import { labelRgb } from "@septum/protocol";
import { type Box, uniteBoxes, type Vec3, wholeBox, writeNifti } from "@septum/volume";
import type { LabelMap } from "../labels/label-map.ts";
import type { LabelLook } from "../labels/palette.ts";
import type { Scan } from "../scan.ts";
import { bufferFor } from "../slices/slice-painter.ts";
import type { Window } from "../window.ts";
import { Scene } from "./scene.ts";
import { cellsOf, type ThinGrid, thinGrid, thinLabels, thinVoxels } from "./thinned.ts";

/** The 3D view: the body faint, the objects solid in it. */
export interface BodyView {
  open(scan: Scan, labels: () => LabelMap, window: Window): Promise<void>;
  close(): void;
  /** Labels changed in a box of the file's voxels; shown within half a second. */
  touch(box: Box): void;
  setWindow(window: Window): void;
  setLooks(looks: ReadonlyMap<number, LabelLook>): void;
  setLabelsShown(shown: boolean): void;
  rotate(dx: number, dy: number): void;
  zoom(factor: number): void;
  reset(): void;
  /** Screen position of a place in the volume, in CSS pixels from the view's corner. */
  project(place: Vec3): { readonly x: number; readonly y: number };
  resize(): void;
  dispose(): void;
}

/** Finer than a view of a few hundred pixels can show. */
const mostCells = 256;
/** Without a graphics card every cell is the processor's work. */
const mostCellsInSoftware = 128;
/** Changes within this time are shown together. */
const quietMs = 150;
/** Cells done in one go: a few milliseconds. */
const cellsAtOnce = 500_000;

/** Puts a 3D view into a canvas; `onPaint` is told after each picture. Throws when the browser has no WebGL 2. */
export async function createBodyView(canvas: HTMLCanvasElement, onPaint: () => void): Promise<BodyView> {
  const scene = new Scene();
  await scene.attach(canvas);
  const edge = drawsInSoftware(scene.gl) ? mostCellsInSoftware : mostCells;
  let shown:
    | { readonly volume: NVImage; readonly scan: Scan; readonly labels: () => LabelMap; readonly thin: ThinGrid }
    | undefined;
  let opening = 0;
  let looks: ReadonlyMap<number, LabelLook> = new Map();
  /** Which of the 255 values of the 3D view stands for a label. */
  const slots = new Map<number, number>();
  let stale: Box | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let updating = false;
  let frame = 0;

  scene.onChange = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      if (!shown) return;
      scene.paint();
      onPaint();
    });
  };

  function slotOf(label: number): number {
    if (label === 0) return 0;
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

  async function update(): Promise<void> {
    timer = undefined;
    if (updating || !shown || !stale) return;
    updating = true;
    const { scan, labels, thin } = shown;
    const [xs, ys, zs] = cellsOf(scan.grid, thin, stale);
    stale = undefined;
    const layer = (xs[1] - xs[0]) * (ys[1] - ys[0]);
    const step = Math.max(1, Math.floor(cellsAtOnce / Math.max(1, layer)));
    for (let z = zs[0]; z < zs[1] && shown?.scan === scan; z += step) {
      const cells: Box = [xs, ys, [z, Math.min(zs[1], z + step)]];
      const part = thinLabels(labels().data, scan.grid, thin, cells, slotOf);
      const some = [...labels().tallies.byLabel.values()].some(({ voxels }) => voxels > 0);
      const length = (d: 0 | 1 | 2) => cells[d][1] - cells[d][0];
      scene.uploadLabels([xs[0], ys[0], z], [length(0), length(1), length(2)], part, some);
      if (cells[2][1] < zs[1]) await nextTask();
    }
    updating = false;
    if (stale) schedule();
  }

  function schedule(): void {
    timer ??= setTimeout(() => void update(), quietMs);
  }

  return {
    async open(scan, labels, window) {
      const own = ++opening;
      const thin = thinGrid(scan.grid, edge);
      const file = await thinFile(scan, thin);
      const volume = await NVImage.loadFromUrl({
        url: file,
        name: "body.nii",
        cal_min: window.lower,
        cal_max: window.upper,
      });
      if (own !== opening) return;
      if (shown) scene.removeVolume(shown.volume);
      shown = { volume, scan, labels, thin };
      slots.clear();
      scene.addVolume(volume);
      scene.emptyLabels();
      stale = wholeBox(scan.grid.size);
      schedule();
    },
    close() {
      opening++;
      if (shown) scene.removeVolume(shown.volume);
      shown = undefined;
    },
    touch(box) {
      if (!shown) return;
      stale = uniteBoxes(stale, box);
      schedule();
    },
    setWindow({ lower, upper }) {
      if (!shown) return;
      const { volume } = shown;
      if (volume.cal_min === lower && volume.cal_max === upper) return;
      volume.cal_min = lower;
      volume.cal_max = upper;
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
    resize: () => scene.resizeListener(),
    dispose() {
      opening++;
      shown = undefined;
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      scene.onChange = undefined;
      scene.cleanup();
      scene.gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

/** The thinned scan as a file in display order, so that NiiVue has nothing to turn. */
async function thinFile({ data, grid, spacing, scaling }: Scan, thin: ThinGrid): Promise<ArrayBuffer> {
  const [nx, ny, nz] = thin.size;
  const voxels = bufferFor(data, nx * ny * nz);
  const step = Math.max(1, Math.floor(cellsAtOnce / (nx * ny)));
  for (let z = 0; z < nz; z += step) {
    thinVoxels(data, grid, thin, voxels, z, Math.min(nz, z + step));
    await nextTask();
  }
  const edge = (d: 0 | 1 | 2) => thin.block[d] * spacing[grid.axis[d]];
  const affine = [edge(0), 0, 0, 0, 0, edge(1), 0, 0, 0, 0, edge(2), 0, 0, 0, 0, 1];
  const { header, data: bytes } = writeNifti({ data: voxels, size: thin.size, affine, scaling });
  return new Blob([header as Uint8Array<ArrayBuffer>, bytes as Uint8Array<ArrayBuffer>]).arrayBuffer();
}

function drawsInSoftware(gl: WebGL2RenderingContext): boolean {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return info !== null && /swiftshader|llvmpipe|software/i.test(String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)));
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
