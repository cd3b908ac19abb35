import { labelRgb } from "@septum/protocol";
import { type Box, intersectBoxes, type Vec3, wholeBox } from "@septum/volume";
import type { Hand } from "../tools/hand.ts";
import { type Camera, extent, panned, wholeView, zoomed } from "./camera.ts";
import { addCanvases } from "./canvases.ts";
import { listenToGestures } from "./gestures.ts";
import { displaySize, displayToFraction, displayToVoxel, voxelToDisplay } from "./grid.ts";
import { createLabelStore } from "./labels/label-store.ts";
import { paletteOf } from "./labels/palette.ts";
import { createLazyBody } from "./lazy-body.ts";
import { createPicture, type Shown } from "./picture.ts";
import { type Plane, planes, toScreen } from "./planes.ts";
import { readScan, valueAt } from "./scan.ts";
import { createSlicePainter } from "./slices/slice-painter.ts";
import { createSliceStack } from "./slices/slice-stack.ts";
import type { DragWindow, Viewer, ViewerEvents } from "./viewer.ts";

/** How much of the preview is seen: less than of a mask, as it is not one yet. */
const previewOpacity = 0.4;

/** Puts a viewer into `host`, which must have a size of its own. Throws when the browser has no WebGL 2. */
export function createViewer(host: HTMLElement, events: ViewerEvents, hand: Hand): Viewer {
  const canvases = addCanvases(host);
  const painter = createSlicePainter(canvases.gl);
  const shown: Shown = {
    opened: undefined,
    cross: [0, 0, 0],
    camera: wholeView,
    layout: "grid",
    radiological: true,
    window: { lower: 0, upper: 1 },
    masks: { fill: 0.5, outline: 1 },
    preview: [1, 1, 1, 0],
    points: [],
    selected: undefined,
    people: [],
  };
  const body = createLazyBody(canvases.bodyHost, canvases.body, () => picture.invalidateOverlay());
  const picture = createPicture(host, canvases, painter, body, hand, shown);
  const { invalidate, invalidateOverlay, tiles, renderRect } = picture;
  let opening = 0;
  let previewing = false;
  let drag: DragWindow = (start) => start;
  let disposed = false;
  painter.setPalette(paletteOf(new Map()));

  function moveTo(display: Vec3) {
    if (!shown.opened) return;
    const { grid } = shown.opened.scan;
    const size = displaySize(grid);
    const clamp = (d: 0 | 1 | 2) => Math.min(size[d] - 1, Math.max(0, display[d]));
    const next: Vec3 = [clamp(0), clamp(1), clamp(2)];
    if (next.every((part, d) => part === shown.cross[d])) return;
    shown.cross = next;
    invalidate();
    const slice = (plane: Plane) => ({ at: shown.cross[planes[plane].along] + 1, of: size[planes[plane].along] });
    events.onLocation(displayToVoxel(grid, shown.cross), {
      axial: slice("axial"),
      coronal: slice("coronal"),
      sagittal: slice("sagittal"),
    });
  }

  function changeCamera(next: Camera) {
    shown.camera = next;
    invalidate();
  }

  function close() {
    opening++;
    shown.opened?.labels.dispose();
    shown.opened?.slices.dispose();
    shown.opened = undefined;
    body.setScene(undefined);
    previewing = false;
    shown.points = [];
    shown.people = [];
    shown.selected = undefined;
    invalidate();
  }

  const stopGestures = listenToGestures(canvases.overlay, {
    hand,
    grid: () => shown.opened?.scan.grid,
    cross: () => shown.cross,
    tiles,
    renderRect,
    moveTo,
    touched: (plane) => events.onTouch(plane),
    ask: (display) => shown.opened && events.onAsk(displayToVoxel(shown.opened.scan.grid, display)),
    window: () => shown.window,
    dragWindow(start, dx, dy) {
      shown.window = drag(start, dx, dy);
      invalidate();
      events.onWindow(shown.window);
    },
    dragWindowEnded: () => body.setWindow(shown.window),
    rotate: (dx, dy) => body.rotate(dx, dy),
    zoomRender: (factor) => body.zoom(factor),
    zoom(factor, place) {
      if (shown.opened)
        changeCamera(zoomed(shown.camera, factor, place, extent(shown.opened.scan.grid, shown.opened.scan.spacing)));
    },
    pan(from, to) {
      if (shown.opened)
        changeCamera(panned(shown.camera, from, to, extent(shown.opened.scan.grid, shown.opened.scan.spacing)));
    },
  });

  const lost = () => !disposed && events.onLost();
  canvases.slices.addEventListener("webglcontextlost", lost);
  canvases.body.addEventListener("webglcontextlost", lost);

  const resizing = new ResizeObserver(() => {
    canvases.fit();
    body.place(renderRect());
    picture.paintNow();
  });
  resizing.observe(host);

  return {
    async open(image) {
      const own = ++opening;
      const scan = await readScan(image.bytes);
      if (own !== opening) return;
      close();
      const onChange = (box: Box) => {
        slices.touch(box);
        body.touch(box);
        invalidate();
        events.onLabels();
      };
      const labels = createLabelStore(scan, onChange);
      const slices = createSliceStack(painter, scan, labels);
      shown.opened = { scan, labels, slices };
      shown.window = image.window;
      shown.camera = wholeView;
      const size = displaySize(scan.grid);
      shown.cross = [-1, -1, -1];
      moveTo([size[0] >> 1, size[1] >> 1, size[2] >> 1]);
      events.onLabels();
      body.setWindow(shown.window);
      body.setScene({ scan, labels });
    },
    close,
    setWindow(next) {
      if (next.lower === shown.window.lower && next.upper === shown.window.upper) return;
      shown.window = next;
      body.setWindow(shown.window);
      invalidate();
    },
    async setLabels(box, labels) {
      await shown.opened?.labels.setLabels(box, labels);
    },
    setActive: (label) => shown.opened?.labels.setActive(label),
    async setActiveMask(label, box, bits) {
      await shown.opened?.labels.setActiveMask(label, box, bits);
    },
    get activeMask() {
      return shown.opened?.labels.active?.label;
    },
    beginStroke: (stroke) => shown.opened?.labels.beginStroke(stroke),
    setLooks(looks) {
      painter.setPalette(paletteOf(looks));
      body.setLooks(looks);
      invalidate();
    },
    setMaskLook(next) {
      shown.masks = next;
      body.setLabelsShown(shown.masks.fill > 0 || shown.masks.outline > 0);
      invalidate();
    },
    setPreview(layer, label, colour) {
      if (!shown.opened) return;
      const [red, green, blue] = labelRgb(1, colour);
      shown.preview = [red / 255, green / 255, blue / 255, previewOpacity];
      const box = layer && intersectBoxes(layer.box, wholeBox(shown.opened.scan.grid.size));
      previewing = box !== undefined;
      shown.opened.slices.setPreview(box && layer, label);
      invalidate();
    },
    setPoints(next, number) {
      shown.points = next;
      shown.selected = number;
      invalidateOverlay();
    },
    setPeople(next) {
      shown.people = next;
      invalidateOverlay();
    },
    setLayout(next) {
      shown.layout = next;
      body.place(renderRect());
      invalidate();
    },
    setRadiological(next) {
      shown.radiological = next;
      invalidate();
    },
    setDragWindow(next) {
      drag = next;
    },
    goTo: (voxel) => shown.opened && moveTo(voxelToDisplay(shown.opened.scan.grid, voxel)),
    goToSlice(plane, slice) {
      const next: [number, number, number] = [...shown.cross];
      next[planes[plane].along] = slice;
      moveTo(next);
    },
    nudge(plane, right, up, slices) {
      const { across, up: upwards, along } = planes[plane];
      const tile = tiles().find((one) => one.plane === plane);
      const mirrored = tile && tile.horizontal[1] < tile.horizontal[0];
      const next: [number, number, number] = [...shown.cross];
      next[across] += mirrored ? -right : right;
      next[upwards] += up;
      next[along] += slices;
      moveTo(next);
    },
    resetCamera() {
      body.resetCamera();
      changeCamera(wholeView);
    },
    valueAt: (voxel) => shown.opened && valueAt(shown.opened.scan, voxel),
    labelled: () => shown.opened?.labels.map.tallies.labelled ?? 0,
    tallies: () => shown.opened?.labels.tallies ?? new Map(),
    refreshOverlay: invalidateOverlay,
    get size() {
      return shown.opened?.scan.grid.size;
    },
    get grid() {
      return shown.opened?.scan.grid;
    },
    get cross() {
      return shown.opened && displayToVoxel(shown.opened.scan.grid, shown.cross);
    },
    screenPosition(voxel, plane) {
      const tile = tiles().find((one) => one.plane === plane);
      if (!tile || !shown.opened) return undefined;
      const { grid } = shown.opened.scan;
      return toScreen(tile, displayToFraction(grid, voxelToDisplay(grid, voxel)));
    },
    get previewing() {
      return previewing;
    },
    frameTimes: picture.frameTimes,
    dispose() {
      disposed = true;
      close();
      resizing.disconnect();
      stopGestures();
      picture.stop();
      body.dispose();
      painter.dispose();
      host.replaceChildren();
    },
  };
}
