import { NVImage } from "@niivue/niivue";
import { labelRgb } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import { listenToGestures } from "./gestures.ts";
import {
  type DisplayGrid,
  displayGrid,
  displaySize,
  displayToFraction,
  displayToVoxel,
  voxelToDisplay,
} from "./grid.ts";
import { countLabels, cutLabels, writeLabels } from "./label-map.ts";
import { placements } from "./layouts.ts";
import type { Marker } from "./markers.ts";
import { drawOverlay } from "./overlay.ts";
import { type Plane, planes, type Tile, toScreen } from "./planes.ts";
import { Scene } from "./scene.ts";
import type { DragWindow, Viewer, ViewerEvents, ViewerPoint } from "./viewer.ts";
import type { Window } from "./window.ts";

/** Puts a viewer into `host`, which must have a size of its own. Throws when the browser has no WebGL 2. */
export async function createViewer(host: HTMLElement, events: ViewerEvents): Promise<Viewer> {
  const canvas = host.appendChild(document.createElement("canvas"));
  const overlay = host.appendChild(document.createElement("canvas"));
  canvas.className = "viewer-picture";
  overlay.className = "viewer-overlay";
  const scene = new Scene();
  await scene.attach(canvas);
  scene.setLabelColours([[0, 0, 0], ...Array.from({ length: 255 }, (_, index) => labelRgb(index + 1))]);
  scene.drawRimOpacity = 1;

  let volume: NVImage | undefined;
  let grid: DisplayGrid | undefined;
  let map: Uint8Array = new Uint8Array(0);
  let cross: Vec3 = [0, 0, 0];
  let window: Window = { lower: 0, upper: 1 };
  let points: readonly ViewerPoint[] = [];
  let selected: number | undefined;
  let drag: DragWindow = (start) => start;
  let frame = 0;
  let slicesOnly = true;
  let refreshWindow = false;
  let disposed = false;

  scene.onChange = () => invalidate(false);
  scene.place(placements("grid"));

  function invalidate(onlySlices: boolean) {
    slicesOnly &&= onlySlices;
    frame ||= requestAnimationFrame(paint);
  }

  function paint() {
    frame = 0;
    if (volume && refreshWindow) {
      volume.cal_min = window.lower;
      volume.cal_max = window.upper;
      refreshWindow = false;
      scene.refreshLayers(volume, 0);
    }
    scene.paint(slicesOnly);
    slicesOnly = true;
    paintOverlay();
  }

  function paintOverlay() {
    const ratio = devicePixelRatio;
    overlay.width = Math.round(host.clientWidth * ratio);
    overlay.height = Math.round(host.clientHeight * ratio);
    const context = overlay.getContext("2d");
    if (!context || !grid) return;
    context.scale(ratio, ratio);
    const shown = grid;
    const rect = scene.renderRect();
    drawOverlay(context, {
      grid: shown,
      cross,
      tiles: scene.tiles(),
      markers: points.map(
        ({ number, voxel, colour }): Marker => ({
          number,
          colour,
          display: voxelToDisplay(shown, voxel),
          selected: number === selected,
        }),
      ),
      render: rect && { rect, project: (place) => scene.inRender(place, rect) },
      radiological: true,
    });
  }

  function moveTo(display: Vec3) {
    if (!grid) return;
    const size = displaySize(grid);
    const clamp = (d: 0 | 1 | 2) => Math.min(size[d] - 1, Math.max(0, display[d]));
    const next: Vec3 = [clamp(0), clamp(1), clamp(2)];
    if (next.every((part, d) => part === cross[d])) return;
    cross = next;
    scene.scene.crosshairPos = [...displayToFraction(grid, cross)];
    invalidate(true);
    const slice = (plane: Plane) => ({ at: cross[planes[plane].along] + 1, of: size[planes[plane].along] });
    events.onLocation(displayToVoxel(grid, cross), {
      axial: slice("axial"),
      coronal: slice("coronal"),
      sagittal: slice("sagittal"),
    });
  }

  const stopGestures = listenToGestures(overlay, {
    grid: () => grid,
    cross: () => cross,
    tiles: () => scene.tiles(),
    renderRect: () => scene.renderRect(),
    moveTo,
    pick: (display, plane) => grid && events.onPick(displayToVoxel(grid, display), plane),
    window: () => window,
    dragWindow(start, dx, dy) {
      window = drag(start, dx, dy);
      refreshWindow = true;
      invalidate(true);
      events.onWindow(window);
    },
    dragWindowEnded: () => invalidate(false),
    rotate(dx, dy) {
      scene.setRenderAzimuthElevation(
        scene.scene.renderAzimuth + dx / 2,
        Math.max(-90, Math.min(90, scene.scene.renderElevation + dy / 2)),
      );
    },
    zoomRender: (factor) => scene.setScale(Math.min(4, Math.max(0.3, scene.scene.volScaleMultiplier * factor))),
    zoom(factor, place) {
      if (!grid) return;
      const [px, py, pz, zoom] = scene.scene.pan2Dxyzmm;
      const next = Math.min(24, Math.max(0.5, zoom * factor));
      const [x, y, z] = scene.frac2mm([...place]);
      const change = next - zoom;
      scene.scene.pan2Dxyzmm = [px - change * x, py - change * y, pz - change * z, next];
      invalidate(true);
    },
    pan(from, to) {
      const [px, py, pz, zoom] = scene.scene.pan2Dxyzmm;
      const a = scene.frac2mm([...from]);
      const b = scene.frac2mm([...to]);
      scene.scene.pan2Dxyzmm = [px + zoom * (b[0] - a[0]), py + zoom * (b[1] - a[1]), pz + zoom * (b[2] - a[2]), zoom];
      invalidate(true);
    },
  });

  canvas.addEventListener("webglcontextlost", () => !disposed && events.onLost());

  const resizing = new ResizeObserver(() => {
    scene.resizeListener();
    slicesOnly = false;
    cancelAnimationFrame(frame);
    paint();
  });
  resizing.observe(host);

  return {
    async open(image) {
      const { lower, upper } = image.window;
      const next = await NVImage.loadFromUrl({
        url: image.bytes,
        name: "image.nii.gz",
        cal_min: lower,
        cal_max: upper,
      });
      if (volume) scene.removeVolume(volume);
      volume = next;
      window = image.window;
      points = [];
      selected = undefined;
      scene.addVolume(next);
      const [, ni = 1, nj = 1, nk = 1] = next.hdr?.dims ?? [];
      grid = displayGrid([ni, nj, nk], next.permRAS ?? [1, 2, 3]);
      map = scene.emptyLabels();
      const size = displaySize(grid);
      scene.scene.pan2Dxyzmm = [0, 0, 0, 1];
      cross = [-1, -1, -1];
      moveTo([size[0] >> 1, size[1] >> 1, size[2] >> 1]);
      invalidate(false);
    },
    close() {
      if (volume) scene.removeVolume(volume);
      volume = undefined;
      grid = undefined;
      points = [];
      map = new Uint8Array(0);
      invalidate(false);
    },
    setWindow(next) {
      if (sameWindow(next, window)) return;
      window = next;
      refreshWindow = true;
      invalidate(false);
    },
    setLabels(box, labels) {
      if (!grid) return;
      const changed = writeLabels(map, grid, box, labels);
      const length = (d: 0 | 1 | 2) => changed[d][1] - changed[d][0];
      const lower: Vec3 = [changed[0][0], changed[1][0], changed[2][0]];
      scene.uploadLabels(lower, [length(0), length(1), length(2)], cutLabels(map, grid, changed), map.some(isLabel));
    },
    clearLabels() {
      if (!grid) return;
      map.fill(0);
      scene.uploadLabels([0, 0, 0], displaySize(grid), map, false);
    },
    setLabelOpacity(opacity) {
      scene.drawOpacity = opacity;
      scene.drawRimOpacity = opacity > 0 ? Math.min(1, 2 * opacity) : -1;
      invalidate(false);
    },
    setPoints(next, number) {
      points = next;
      selected = number;
      invalidate(true);
    },
    setLayout(layout) {
      scene.place(placements(layout));
    },
    setDragWindow(next) {
      drag = next;
    },
    goTo: (voxel) => grid && moveTo(voxelToDisplay(grid, voxel)),
    nudge(plane, right, up, slices) {
      const { across, up: upwards, along } = planes[plane];
      const tile = scene.tiles().find((one) => one.plane === plane);
      const mirrored = tile && tile.horizontal[1] < tile.horizontal[0];
      const next: [number, number, number] = [...cross];
      next[across] += mirrored ? -right : right;
      next[upwards] += up;
      next[along] += slices;
      moveTo(next);
    },
    resetCamera() {
      scene.scene.pan2Dxyzmm = [0, 0, 0, 1];
      scene.setScale(1);
    },
    valueAt([i, j, k]) {
      if (!volume?.img || !volume.hdr || !grid) return undefined;
      const [ni, nj] = grid.size;
      const { scl_slope: slope, scl_inter: intercept } = volume.hdr;
      return Number(volume.img[i + ni * (j + nj * k)]) * slope + intercept;
    },
    shownLabels() {
      const counts = countLabels(map);
      const shown = new Map<number, number>();
      for (let label = 1; label < counts.length; label++) if (counts[label] > 0) shown.set(label, counts[label]);
      return shown;
    },
    get size() {
      return grid?.size;
    },
    get cross() {
      return grid && displayToVoxel(grid, cross);
    },
    screenPosition(voxel, plane) {
      const tile: Tile | undefined = scene.tiles().find((one) => one.plane === plane);
      if (!tile || !grid) return undefined;
      return toScreen(tile, displayToFraction(grid, voxelToDisplay(grid, voxel)));
    },
    dispose() {
      disposed = true;
      resizing.disconnect();
      stopGestures();
      cancelAnimationFrame(frame);
      scene.onChange = undefined;
      scene.cleanup();
      scene.gl.getExtension("WEBGL_lose_context")?.loseContext();
      host.replaceChildren();
    },
  };
}

function isLabel(value: number): boolean {
  return value !== 0;
}

function sameWindow(a: Window, b: Window): boolean {
  return a.lower === b.lower && a.upper === b.upper;
}
