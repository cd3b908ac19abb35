import { labelRgb } from "@septum/protocol";
import { type Box, intersectBoxes, type Vec3, wholeBox } from "@septum/volume";
import { editing } from "../state/editing.ts";
import { drawHand } from "../tools/draw-hand.ts";
import type { Hand } from "../tools/hand.ts";
import { type Camera, extent, panned, placedRect, tileOf, wholeView, zoomed } from "./camera.ts";
import { addCanvases } from "./canvases.ts";
import { createFrameTimes } from "./frame-times.ts";
import { listenToGestures } from "./gestures.ts";
import { displaySize, displayToFraction, displayToVoxel, voxelToDisplay } from "./grid.ts";
import { createLabelStore, type LabelStore } from "./labels/label-store.ts";
import { type LabelLook, paletteOf } from "./labels/palette.ts";
import { placements } from "./layouts.ts";
import { createLazyBody } from "./lazy-body.ts";
import { drawOverlay, type OverlayState } from "./overlay.ts";
import { type Layout, type Plane, planes, type Tile, toScreen } from "./planes.ts";
import { readScan, type Scan, valueAt } from "./scan.ts";
import { createSlicePainter, type SliceLook } from "./slices/slice-painter.ts";
import { createSliceStack, type SliceStack } from "./slices/slice-stack.ts";
import type { DragWindow, MaskLook, Viewer, ViewerEvents, ViewerPerson, ViewerPoint } from "./viewer.ts";
import type { Window } from "./window.ts";

/** How much of the preview is seen: less than of a mask, as it is not one yet. */
const previewOpacity = 0.4;

/** A scan on the screen with all that belongs to it. */
interface Opened {
  readonly scan: Scan;
  readonly labels: LabelStore;
  readonly slices: SliceStack;
}

/** Puts a viewer into `host`, which must have a size of its own. Throws when the browser has no WebGL 2. */
export function createViewer(host: HTMLElement, events: ViewerEvents, hand: Hand): Viewer {
  const { slices: canvas, gl, bodyHost, body: bodyCanvas, overlay, context, fit } = addCanvases(host);
  const painter = createSlicePainter(gl);
  const frames = createFrameTimes();
  let opened: Opened | undefined;
  let opening = 0;
  let cross: Vec3 = [0, 0, 0];
  let camera: Camera = wholeView;
  let layout: Layout = "grid";
  let radiological = true;
  let window: Window = { lower: 0, upper: 1 };
  let masks: MaskLook = { fill: 0.5, outline: 1 };
  let looks: ReadonlyMap<number, LabelLook> = new Map();
  let preview: SliceLook["preview"] = [1, 1, 1, 0];
  let previewing = false;
  let points: readonly ViewerPoint[] = [];
  let people: readonly ViewerPerson[] = [];
  let selected: number | undefined;
  let drag: DragWindow = (start) => start;
  let frame = 0;
  let overlayOnly = true;
  let disposed = false;

  const body = createLazyBody(bodyHost, bodyCanvas, invalidateOverlay);
  painter.setPalette(paletteOf(looks));

  function invalidate() {
    overlayOnly = false;
    frame ||= requestAnimationFrame(paint);
  }

  function invalidateOverlay() {
    frame ||= requestAnimationFrame(paint);
  }

  function paint() {
    const began = performance.now();
    frame = 0;
    const ratio = devicePixelRatio;
    if (!overlayOnly) {
      body.giveWay();
      painter.clear(canvas.width, canvas.height);
      if (opened) {
        const look = sliceLook(opened);
        for (const tile of tiles()) opened.slices.draw(tile, cross, look, ratio);
      }
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, host.clientWidth, host.clientHeight);
    const state = editing.getState();
    overlay.style.cursor = state.tool === "brush" || state.tool === "eraser" ? "none" : "crosshair";
    if (opened) drawOverlay(context, overlayState(opened.scan));
    if (!overlayOnly) frames.add(began);
    overlayOnly = true;
  }

  function sliceLook({ scan: { scaling }, labels }: Opened): SliceLook {
    const stored = (value: number) => (value - scaling.intercept) / scaling.slope;
    const active = labels.active?.label ?? 0;
    return { lower: stored(window.lower), upper: stored(window.upper), ...masks, active, preview };
  }

  function overlayState({ grid, spacing }: Scan): OverlayState {
    const rect = renderRect();
    const { project } = body;
    const state = editing.getState();
    const voxel = displayToVoxel(grid, cross);
    return {
      grid,
      cross,
      tiles: tiles(),
      markers: points.map(({ number, voxel, colour }) => {
        return { number, colour, display: voxelToDisplay(grid, voxel), selected: number === selected };
      }),
      people: people.map(({ name, colour, voxel }) => ({ name, colour, display: voxelToDisplay(grid, voxel) })),
      render: rect &&
        project && {
          rect,
          project(place) {
            const { x, y } = project(place);
            return { x: rect.x + x, y: rect.y + y };
          },
        },
      radiological,
      drawAbove(tile) {
        const slice = voxel[grid.axis[planes[tile.plane].along]];
        drawHand(context, hand, state, tile, { grid, slice, spacing });
      },
    };
  }

  function tiles(): Tile[] {
    if (!opened) return [];
    const { grid, spacing } = opened.scan;
    const size = extent(grid, spacing);
    return placements(layout).flatMap((placement) => {
      if (placement.view === "render") return [];
      const rect = placedRect(placement, host.clientWidth, host.clientHeight);
      return [tileOf(placement.view, rect, camera, size, radiological)];
    });
  }

  function renderRect() {
    const placement = placements(layout).find(({ view }) => view === "render");
    return placement && placedRect(placement, host.clientWidth, host.clientHeight);
  }

  function moveTo(display: Vec3) {
    if (!opened) return;
    const { grid } = opened.scan;
    const size = displaySize(grid);
    const clamp = (d: 0 | 1 | 2) => Math.min(size[d] - 1, Math.max(0, display[d]));
    const next: Vec3 = [clamp(0), clamp(1), clamp(2)];
    if (next.every((part, d) => part === cross[d])) return;
    cross = next;
    invalidate();
    const slice = (plane: Plane) => ({ at: cross[planes[plane].along] + 1, of: size[planes[plane].along] });
    events.onLocation(displayToVoxel(grid, cross), {
      axial: slice("axial"),
      coronal: slice("coronal"),
      sagittal: slice("sagittal"),
    });
  }

  function changeCamera(next: Camera) {
    camera = next;
    invalidate();
  }

  function close() {
    opening++;
    opened?.labels.dispose();
    opened?.slices.dispose();
    opened = undefined;
    body.setScene(undefined);
    previewing = false;
    points = [];
    people = [];
    selected = undefined;
    invalidate();
  }

  const stopGestures = listenToGestures(overlay, {
    hand,
    grid: () => opened?.scan.grid,
    cross: () => cross,
    tiles,
    renderRect,
    moveTo,
    touched: (plane) => events.onTouch(plane),
    ask: (display) => opened && events.onAsk(displayToVoxel(opened.scan.grid, display)),
    window: () => window,
    dragWindow(start, dx, dy) {
      window = drag(start, dx, dy);
      invalidate();
      events.onWindow(window);
    },
    dragWindowEnded: () => body.setWindow(window),
    rotate: (dx, dy) => body.rotate(dx, dy),
    zoomRender: (factor) => body.zoom(factor),
    zoom(factor, place) {
      if (opened) changeCamera(zoomed(camera, factor, place, extent(opened.scan.grid, opened.scan.spacing)));
    },
    pan(from, to) {
      if (opened) changeCamera(panned(camera, from, to, extent(opened.scan.grid, opened.scan.spacing)));
    },
  });

  const lost = () => !disposed && events.onLost();
  canvas.addEventListener("webglcontextlost", lost);
  bodyCanvas.addEventListener("webglcontextlost", lost);

  const resizing = new ResizeObserver(() => {
    fit();
    body.place(renderRect());
    overlayOnly = false;
    cancelAnimationFrame(frame);
    paint();
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
      opened = { scan, labels, slices };
      window = image.window;
      camera = wholeView;
      const size = displaySize(scan.grid);
      cross = [-1, -1, -1];
      moveTo([size[0] >> 1, size[1] >> 1, size[2] >> 1]);
      events.onLabels();
      body.setWindow(window);
      body.setScene({ scan, labels });
    },
    close,
    setWindow(next) {
      if (next.lower === window.lower && next.upper === window.upper) return;
      window = next;
      body.setWindow(window);
      invalidate();
    },
    async setLabels(box, labels) {
      await opened?.labels.setLabels(box, labels);
    },
    setActive: (label) => opened?.labels.setActive(label),
    async setActiveMask(label, box, bits) {
      await opened?.labels.setActiveMask(label, box, bits);
    },
    get activeMask() {
      return opened?.labels.active?.label;
    },
    clearLabels: () => opened?.labels.clear(),
    beginStroke: (stroke) => opened?.labels.beginStroke(stroke),
    setLooks(next) {
      looks = next;
      painter.setPalette(paletteOf(looks));
      body.setLooks(looks);
      invalidate();
    },
    setMaskLook(next) {
      masks = next;
      body.setLabelsShown(masks.fill > 0 || masks.outline > 0);
      invalidate();
    },
    setPreview(layer, label, colour) {
      if (!opened) return;
      const [red, green, blue] = labelRgb(1, colour);
      preview = [red / 255, green / 255, blue / 255, previewOpacity];
      const box = layer && intersectBoxes(layer.box, wholeBox(opened.scan.grid.size));
      previewing = box !== undefined;
      opened.slices.setPreview(box && layer, label);
      invalidate();
    },
    setPoints(next, number) {
      points = next;
      selected = number;
      invalidateOverlay();
    },
    setPeople(next) {
      people = next;
      invalidateOverlay();
    },
    setLayout(next) {
      layout = next;
      body.place(renderRect());
      invalidate();
    },
    setRadiological(next) {
      radiological = next;
      invalidate();
    },
    setDragWindow(next) {
      drag = next;
    },
    goTo: (voxel) => opened && moveTo(voxelToDisplay(opened.scan.grid, voxel)),
    goToSlice(plane, slice) {
      const next: [number, number, number] = [...cross];
      next[planes[plane].along] = slice;
      moveTo(next);
    },
    nudge(plane, right, up, slices) {
      const { across, up: upwards, along } = planes[plane];
      const tile = tiles().find((one) => one.plane === plane);
      const mirrored = tile && tile.horizontal[1] < tile.horizontal[0];
      const next: [number, number, number] = [...cross];
      next[across] += mirrored ? -right : right;
      next[upwards] += up;
      next[along] += slices;
      moveTo(next);
    },
    resetCamera() {
      body.resetCamera();
      changeCamera(wholeView);
    },
    valueAt: (voxel) => opened && valueAt(opened.scan, voxel),
    labelled: () => opened?.labels.map.tallies.labelled ?? 0,
    tallies: () => opened?.labels.tallies ?? new Map(),
    refreshOverlay: invalidateOverlay,
    get size() {
      return opened?.scan.grid.size;
    },
    get grid() {
      return opened?.scan.grid;
    },
    get cross() {
      return opened && displayToVoxel(opened.scan.grid, cross);
    },
    screenPosition(voxel, plane) {
      const tile = tiles().find((one) => one.plane === plane);
      if (!tile || !opened) return undefined;
      const { grid } = opened.scan;
      return toScreen(tile, displayToFraction(grid, voxelToDisplay(grid, voxel)));
    },
    get previewing() {
      return previewing;
    },
    frameTimes: frames.list,
    dispose() {
      disposed = true;
      close();
      resizing.disconnect();
      stopGestures();
      cancelAnimationFrame(frame);
      body.dispose();
      painter.dispose();
      host.replaceChildren();
    },
  };
}
