import type { Vec3 } from "@septum/volume";
import type { Hand, PlanePoint } from "../tools/hand.ts";
import { type DisplayGrid, displayToFraction, fractionToDisplay, fractionToVoxel } from "./grid.ts";
import { fromScreen, holds, isInside, type Plane, planes, type Rect, type Tile } from "./planes.ts";
import type { Window } from "./window.ts";

/** What hands do on the picture, in the viewer's own terms. */
export interface GestureTarget {
  readonly hand: Hand;
  grid(): DisplayGrid | undefined;
  /** Display voxel of the crosshair. */
  cross(): Vec3;
  tiles(): readonly Tile[];
  renderRect(): Rect | undefined;
  moveTo(display: Vec3): void;
  /** A press in a plane, whatever becomes of it. */
  touched(plane: Plane): void;
  /** Alt and a click: what is there? */
  ask(display: Vec3): void;
  window(): Window;
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

interface Spot {
  readonly x: number;
  readonly y: number;
}

type Drag =
  | { readonly kind: "cross"; readonly plane: Plane; readonly from: Spot; moved: boolean }
  | { readonly kind: "hand"; readonly plane: Plane }
  | { readonly kind: "window"; readonly start: Window; readonly from: Spot; readonly plane: Plane; moved: boolean }
  | { readonly kind: "pan"; readonly tile: Tile; last: Vec3 }
  | { readonly kind: "pinch"; readonly plane: Plane; centre: Vec3; spread: number }
  | { readonly kind: "rotate"; last: Spot };

/**
 * Left: what the tool in the hand does; where it does nothing, the crosshair moves, and a click without a drag is the
 * tool's. Right (or Alt and left): window and level. Middle (or Shift or Space and left): pan. Wheel: slices; with Ctrl:
 * zoom. Two fingers: pan and zoom; one finger pans as soon as a pen was used, so that a palm draws nothing. In the 3D view:
 * turn and zoom. Returns a function that stops.
 */
export function listenToGestures(element: HTMLElement, target: GestureTarget): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const { hand } = target;
  const fingers = new Map<number, Spot>();
  let drag: Drag | undefined;
  let wheel = 0;
  let penSeen = false;
  let spaceHeld = false;

  const spot = (event: MouseEvent): Spot => {
    const { left: x, top: y } = element.getBoundingClientRect();
    return { x: event.clientX - x, y: event.clientY - y };
  };
  const tileAt = ({ x, y }: Spot) => target.tiles().find(({ rect }) => holds(rect, x, y));
  const tileOf = (plane: Plane) => target.tiles().find((one) => one.plane === plane);
  const placeIn = (tile: Tile, { x, y }: Spot): Vec3 | undefined => {
    const grid = target.grid();
    return grid && fromScreen(tile, x, y, displayToFraction(grid, target.cross()));
  };

  function displayAt(plane: Plane, at: Spot): Vec3 | undefined {
    const grid = target.grid();
    const tile = tileOf(plane);
    const place = tile && placeIn(tile, at);
    return grid && place && isInside(place) ? fractionToDisplay(grid, place) : undefined;
  }

  function planePoint(plane: Plane, event: MouseEvent): PlanePoint | undefined {
    const grid = target.grid();
    const tile = tileOf(plane);
    const at = spot(event);
    const fraction = tile && placeIn(tile, at);
    if (!grid || !tile || !fraction) return undefined;
    const place: [number, number, number] = [...fractionToVoxel(grid, fraction)];
    const along = grid.axis[planes[plane].along];
    place[along] = Math.round(place[along]);
    return { tile, ...at, place, flipped: event.ctrlKey || event.metaKey };
  }

  function begin(event: PointerEvent) {
    if (!target.grid()) return;
    if (event.pointerType === "pen") penSeen = true;
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, spot(event));
      if (fingers.size === 2) beginPinch();
    }
    if (drag) return;
    drag = dragFor(event);
    if (!drag) return;
    element.setPointerCapture(event.pointerId);
    event.preventDefault();
    // A press on a canvas would not take the focus by itself, and keys are for the picture now.
    element.parentElement?.focus({ preventScroll: true });
  }

  function dragFor(event: PointerEvent): Drag | undefined {
    const from = spot(event);
    const tile = tileAt(from);
    if (!tile) {
      const rect = target.renderRect();
      return rect && holds(rect, from.x, from.y) ? { kind: "rotate", last: from } : undefined;
    }
    const { plane } = tile;
    target.touched(plane);
    if (event.button === right || (event.button === left && event.altKey)) {
      return { kind: "window", start: target.window(), from, plane, moved: false };
    }
    const palm = event.pointerType === "touch" && penSeen;
    if (event.button === middle || (event.button === left && (event.shiftKey || spaceHeld || palm))) {
      const place = placeIn(tile, from);
      return place && { kind: "pan", tile, last: place };
    }
    if (event.button !== left) return undefined;
    const at = planePoint(plane, event);
    if (at && hand.press(at)) return { kind: "hand", plane };
    return { kind: "cross", plane, from, moved: false };
  }

  function beginPinch() {
    const spots = [...fingers.values()];
    const centre = middleOf(spots);
    const tile = tileAt(centre);
    const place = tile && placeIn(tile, centre);
    if (!tile || !place) return;
    hand.cancel();
    drag = { kind: "pinch", plane: tile.plane, centre: place, spread: spreadOf(spots) };
  }

  function move(event: PointerEvent) {
    const at = spot(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, at);
    if (!drag) {
      const tile = event.pointerType === "touch" ? undefined : tileAt(at);
      hand.hover(tile && planePoint(tile.plane, event));
      return;
    }
    switch (drag.kind) {
      case "cross": {
        drag.moved ||= distance(at, drag.from) > clickSlop;
        const display = drag.moved && displayAt(drag.plane, at);
        if (display) target.moveTo(display);
        return;
      }
      case "hand": {
        const { plane } = drag;
        // What the pointer did between two frames, so that quick curves stay round.
        const events = event.getCoalescedEvents?.() ?? [];
        const points = (events.length > 0 ? events : [event]).flatMap((one) => planePoint(plane, one) ?? []);
        if (points.length > 0) hand.move(points);
        return;
      }
      case "window":
        drag.moved ||= distance(at, drag.from) > clickSlop;
        if (drag.moved) target.dragWindow(drag.start, at.x - drag.from.x, at.y - drag.from.y);
        return;
      case "pan": {
        const place = placeIn(drag.tile, at);
        if (!place) return;
        target.pan(drag.last, place);
        drag.last = place;
        return;
      }
      case "pinch":
        pinch(drag);
        return;
      case "rotate":
        target.rotate(at.x - drag.last.x, at.y - drag.last.y);
        drag.last = at;
    }
  }

  /** Zooms around the middle of the fingers and keeps the place they began at between them. */
  function pinch(pinched: Extract<Drag, { kind: "pinch" }>) {
    const spots = [...fingers.values()];
    if (spots.length < 2) return;
    const spread = spreadOf(spots);
    target.zoom(spread / pinched.spread, pinched.centre);
    pinched.spread = spread;
    const tile = tileOf(pinched.plane);
    const place = tile && placeIn(tile, middleOf(spots));
    if (place) target.pan(pinched.centre, place);
  }

  function end(event: PointerEvent) {
    fingers.delete(event.pointerId);
    const ended = drag;
    if (!ended || (ended.kind === "pinch" && fingers.size > 0)) return;
    drag = undefined;
    const at = "plane" in ended ? planePoint(ended.plane, event) : undefined;
    if (ended.kind === "window") target.dragWindowEnded();
    if (ended.kind === "hand") {
      if (at) hand.release(at);
      else hand.cancel();
      return;
    }
    if ((ended.kind !== "cross" && ended.kind !== "window") || ended.moved) return;
    const display = displayAt(ended.plane, spot(event));
    if (!display) return;
    if (ended.kind === "window") {
      if (event.altKey) target.ask(display);
      return;
    }
    target.moveTo(display);
    if (at) hand.click(at);
  }

  function abandon(event: PointerEvent) {
    fingers.delete(event.pointerId);
    if (drag?.kind === "hand") hand.cancel();
    drag = undefined;
  }

  function turnWheel(event: WheelEvent) {
    const grid = target.grid();
    if (!grid) return;
    event.preventDefault();
    const at = spot(event);
    const amount = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * wheelPerSlice : event.deltaY;
    const tile = tileAt(at);
    if (!tile) {
      target.zoomRender(Math.exp(-amount / 800));
    } else if (event.ctrlKey || event.metaKey) {
      const place = placeIn(tile, at);
      if (place) target.zoom(Math.exp(-amount / 400), place);
    } else if (drag?.kind !== "hand") {
      wheel = Math.sign(amount) === Math.sign(wheel) ? wheel + amount : amount;
      const notch = Math.abs(amount) >= 100;
      const slices = notch ? Math.sign(amount) : Math.trunc(wheel / wheelPerSlice);
      if (slices === 0) return;
      wheel = notch ? 0 : wheel - slices * wheelPerSlice;
      const next: [number, number, number] = [...target.cross()];
      next[planes[tile.plane].along] -= slices;
      target.moveTo(next);
      hand.hover(planePoint(tile.plane, event));
    }
  }

  function keyDown(event: KeyboardEvent) {
    if (event.key === "Escape" && hand.cancel()) {
      drag = undefined;
      event.preventDefault();
      // The unfinished drawing goes; whatever else Escape would end stays.
      event.stopImmediatePropagation();
    }
    const onPicture = event.target === document.body || element.parentElement?.contains(event.target as Node);
    if (event.key === " " && onPicture) {
      spaceHeld = true;
      event.preventDefault();
    }
  }

  element.addEventListener("pointerdown", begin, { signal });
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener("pointerup", end, { signal });
  element.addEventListener("pointercancel", abandon, { signal });
  element.addEventListener("pointerleave", () => drag || hand.hover(undefined), { signal });
  element.addEventListener("wheel", turnWheel, { signal, passive: false });
  element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  window.addEventListener("keydown", keyDown, { signal, capture: true });
  const letGo = () => {
    spaceHeld = false;
  };
  window.addEventListener("keyup", (event) => event.key === " " && letGo(), { signal });
  window.addEventListener("blur", letGo, { signal });
  return () => stop.abort();
}

function distance(a: Spot, b: Spot): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function middleOf([a, b]: readonly Spot[]): Spot {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

/** How far two fingers are apart; never so little that a zoom by it would jump. */
function spreadOf([a, b]: readonly Spot[]): number {
  return Math.max(10, distance(a, b));
}
