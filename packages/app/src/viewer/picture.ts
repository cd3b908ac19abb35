import type { Vec3 } from "@septum/volume";
import { editing } from "../state/editing.ts";
import { drawHand } from "../tools/draw-hand.ts";
import type { Hand } from "../tools/hand.ts";
import { type Camera, extent, placedRect, tileOf } from "./camera.ts";
import type { Canvases } from "./canvases.ts";
import { createFrameTimes } from "./frame-times.ts";
import { displayToVoxel, voxelToDisplay } from "./grid.ts";
import type { LabelStore } from "./labels/label-store.ts";
import { placements } from "./layouts.ts";
import type { LazyBody } from "./lazy-body.ts";
import { drawOverlay, type OverlayState } from "./overlay.ts";
import { type Layout, planes, type Rect, type Tile } from "./planes.ts";
import type { Scan } from "./scan.ts";
import type { SliceLook, SlicePainter } from "./slices/slice-painter.ts";
import type { SliceStack } from "./slices/slice-stack.ts";
import type { FrameTime, MaskLook, ViewerPerson, ViewerPoint } from "./viewer.ts";
import type { Window } from "./window.ts";

/** A scan on the screen with all that belongs to it. */
export interface Opened {
  readonly scan: Scan;
  readonly labels: LabelStore;
  readonly slices: SliceStack;
}

/** What the picture is of, and how it is shown. Whoever changes it says so to the picture. */
export interface Shown {
  opened: Opened | undefined;
  /** Display voxel of the crosshair. */
  cross: Vec3;
  camera: Camera;
  layout: Layout;
  radiological: boolean;
  window: Window;
  masks: MaskLook;
  preview: SliceLook["preview"];
  points: readonly ViewerPoint[];
  /** Number of the selected one. */
  selected: number | undefined;
  people: readonly ViewerPerson[];
}

/** Slices, and what is drawn above them, drawn once per frame however much changed. */
export interface Picture {
  /** Everything is out of date. */
  invalidate(): void;
  /** What is drawn above the slices is out of date. */
  invalidateOverlay(): void;
  /** Draws all at once, as a canvas that changed its size is empty. */
  paintNow(): void;
  /** Where the planes are shown. */
  tiles(): Tile[];
  /** Where the 3D view is, if it is shown. */
  renderRect(): Rect | undefined;
  frameTimes(): readonly FrameTime[];
  stop(): void;
}

export function createPicture(
  host: HTMLElement,
  { slices: canvas, overlay, context }: Canvases,
  painter: SlicePainter,
  body: LazyBody,
  hand: Hand,
  shown: Shown,
): Picture {
  const frames = createFrameTimes();
  let frame = 0;
  let overlayOnly = true;

  function invalidate() {
    overlayOnly = false;
    frame ||= requestAnimationFrame(paint);
  }

  function invalidateOverlay() {
    frame ||= requestAnimationFrame(paint);
  }

  function paint() {
    const began = performance.now();
    const { opened, cross } = shown;
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
    const { window, masks, preview } = shown;
    const stored = (value: number) => (value - scaling.intercept) / scaling.slope;
    const active = labels.active?.label ?? 0;
    return { lower: stored(window.lower), upper: stored(window.upper), ...masks, active, preview };
  }

  function overlayState({ grid, spacing }: Scan): OverlayState {
    const { cross, points, selected, people, radiological } = shown;
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
    const { opened, layout, camera, radiological } = shown;
    if (!opened) return [];
    const { grid, spacing } = opened.scan;
    const size = extent(grid, spacing);
    return placements(layout).flatMap((placement) => {
      if (placement.view === "render") return [];
      const rect = placedRect(placement, host.clientWidth, host.clientHeight);
      return [tileOf(placement.view, rect, camera, size, radiological)];
    });
  }

  function renderRect(): Rect | undefined {
    const placement = placements(shown.layout).find(({ view }) => view === "render");
    return placement && placedRect(placement, host.clientWidth, host.clientHeight);
  }

  return {
    invalidate,
    invalidateOverlay,
    paintNow() {
      overlayOnly = false;
      cancelAnimationFrame(frame);
      paint();
    },
    tiles,
    renderRect,
    frameTimes: frames.list,
    stop: () => cancelAnimationFrame(frame),
  };
}
