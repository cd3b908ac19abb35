import type { Vec3 } from "@septum/volume";
import { type DisplayGrid, displayToFraction, fractionToDisplay } from "./grid.ts";
import { fromScreen, holds, isInside, type Plane, planes, type Rect, type Tile } from "./planes.ts";
import type { Window } from "./window.ts";

/** What hands do on the picture, in the viewer's own terms. */
export interface GestureTarget {
  grid(): DisplayGrid | undefined;
  /** Display voxel of the crosshair. */
  cross(): Vec3;
  tiles(): readonly Tile[];
  renderRect(): Rect | undefined;
  moveTo(display: Vec3): void;
  pick(display: Vec3, plane: Plane): void;
  window(): Window;
  /** May be shown roughly until `dragWindowEnded`. */
  dragWindow(start: Window, dx: number, dy: number): void;
  dragWindowEnded(): void;
  rotate(dx: number, dy: number): void;
  zoomRender(factor: number): void;
  /** Zooms all planes; `place` (fractions of the volume) stays where it is on the screen. */
  zoom(factor: number, place: Vec3): void;
  pan(from: Vec3, to: Vec3): void;
}

/** A press that moves less than this many pixels is a click. */
const clickSlop = 4;
/** Wheels send about 100 per notch, trackpads many small amounts: one slice per this much. */
const wheelPerSlice = 40;

const left = 0;
const middle = 1;
const right = 2;

type Drag =
  | { readonly kind: "cross"; readonly plane: Plane; readonly x: number; readonly y: number; moved: boolean }
  | { readonly kind: "window"; readonly start: Window; readonly x: number; readonly y: number }
  | { readonly kind: "pan"; readonly tile: Tile; last: Vec3 }
  | { readonly kind: "rotate"; x: number; y: number };

/**
 * Left: move the crosshair, and a click without a drag picks a voxel. Right (or Alt and left): window and level. Middle (or
 * Shift and left): pan. Wheel: slices; with Ctrl: zoom. In the 3D view: turn and zoom. Returns a function that stops.
 */
export function listenToGestures(element: HTMLElement, target: GestureTarget): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  let drag: Drag | undefined;
  let wheel = 0;

  const position = (event: MouseEvent) => {
    const { left: x, top: y } = element.getBoundingClientRect();
    return { x: event.clientX - x, y: event.clientY - y };
  };
  const tileAt = (x: number, y: number) => target.tiles().find(({ rect }) => holds(rect, x, y));
  const placeIn = (tile: Tile, x: number, y: number): Vec3 | undefined => {
    const grid = target.grid();
    return grid && fromScreen(tile, x, y, displayToFraction(grid, target.cross()));
  };

  function pointAt(plane: Plane, x: number, y: number): Vec3 | undefined {
    const grid = target.grid();
    const tile = target.tiles().find((one) => one.plane === plane);
    const place = tile && placeIn(tile, x, y);
    return grid && place && isInside(place) ? fractionToDisplay(grid, place) : undefined;
  }

  function begin(event: PointerEvent) {
    if (drag || !target.grid()) return;
    const { x, y } = position(event);
    const tile = tileAt(x, y);
    if (!tile) {
      const rect = target.renderRect();
      if (rect && holds(rect, x, y)) drag = { kind: "rotate", x, y };
    } else if (event.button === right || (event.button === left && event.altKey)) {
      drag = { kind: "window", start: target.window(), x, y };
    } else if (event.button === middle || (event.button === left && event.shiftKey)) {
      const place = placeIn(tile, x, y);
      if (place) drag = { kind: "pan", tile, last: place };
    } else if (event.button === left) {
      drag = { kind: "cross", plane: tile.plane, x, y, moved: false };
    }
    if (!drag) return;
    element.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  function move(event: PointerEvent) {
    if (!drag) return;
    const { x, y } = position(event);
    if (drag.kind === "cross") {
      drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > clickSlop;
      const display = drag.moved && pointAt(drag.plane, x, y);
      if (display) target.moveTo(display);
    } else if (drag.kind === "window") {
      target.dragWindow(drag.start, x - drag.x, y - drag.y);
    } else if (drag.kind === "pan") {
      const place = placeIn(drag.tile, x, y);
      if (!place) return;
      target.pan(drag.last, place);
      drag.last = place;
    } else {
      target.rotate(x - drag.x, y - drag.y);
      drag = { kind: "rotate", x, y };
    }
  }

  function end(event: PointerEvent) {
    const ended = drag;
    drag = undefined;
    if (ended?.kind === "window") target.dragWindowEnded();
    if (ended?.kind !== "cross" || ended.moved) return;
    const { x, y } = position(event);
    const display = pointAt(ended.plane, x, y);
    if (!display) return;
    target.moveTo(display);
    target.pick(display, ended.plane);
  }

  function turnWheel(event: WheelEvent) {
    const grid = target.grid();
    if (!grid) return;
    event.preventDefault();
    const { x, y } = position(event);
    const amount = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * wheelPerSlice : event.deltaY;
    const tile = tileAt(x, y);
    if (!tile) {
      target.zoomRender(Math.exp(-amount / 800));
    } else if (event.ctrlKey || event.metaKey) {
      const place = placeIn(tile, x, y);
      if (place) target.zoom(Math.exp(-amount / 400), place);
    } else {
      wheel = Math.sign(amount) === Math.sign(wheel) ? wheel + amount : amount;
      const notch = Math.abs(amount) >= 100;
      const slices = notch ? Math.sign(amount) : Math.trunc(wheel / wheelPerSlice);
      if (slices === 0) return;
      wheel = notch ? 0 : wheel - slices * wheelPerSlice;
      const next: [number, number, number] = [...target.cross()];
      next[planes[tile.plane].along] -= slices;
      target.moveTo(next);
    }
  }

  element.addEventListener("pointerdown", begin, { signal });
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener("pointerup", end, { signal });
  element.addEventListener("pointercancel", () => (drag = undefined), { signal });
  element.addEventListener("wheel", turnWheel, { signal, passive: false });
  element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  return () => stop.abort();
}
