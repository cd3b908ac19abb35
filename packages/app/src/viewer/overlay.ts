import type { Vec3 } from "@septum/volume";
import { type DisplayGrid, displayToFraction } from "./grid.ts";
import { drawMarker, type Marker, nearness } from "./markers.ts";
import { edgeLetters, planes, type Rect, type Tile, toScreen } from "./planes.ts";
import { grown } from "./text-size.ts";

/** The strip of slices stands at the right edge of a plane, in CSS pixels. */
const stripWidth = 16;

/** What is drawn above the slices. */
export interface OverlayState {
  readonly grid: DisplayGrid;
  /** Display voxel of the crosshair. */
  readonly cross: Vec3;
  readonly tiles: readonly Tile[];
  readonly markers: readonly Marker[];
  /** Where others look. */
  readonly people: readonly { readonly name: string; readonly colour: string; readonly display: Vec3 }[];
  readonly render?: {
    readonly rect: Rect;
    readonly project: (place: Vec3) => { readonly x: number; readonly y: number };
  };
  readonly radiological: boolean;
  /** What else is drawn in a plane, above the crosshair. */
  drawAbove(tile: Tile): void;
}

/** Draws crosshair, letters and markers; `context` is scaled to CSS pixels and empty. */
export function drawOverlay(context: CanvasRenderingContext2D, state: OverlayState): void {
  for (const tile of state.tiles) {
    context.save();
    context.beginPath();
    context.rect(tile.rect.x, tile.rect.y, tile.rect.width, tile.rect.height);
    context.clip();
    drawCross(context, tile, state);
    drawLetters(context, tile, state.radiological);
    for (const marker of state.markers) {
      const { along } = planes[tile.plane];
      const near = nearness(marker.display[along] - state.cross[along]);
      if (near > 0) drawMarker(context, marker, toScreen(tile, displayToFraction(state.grid, marker.display)), near);
    }
    drawPeople(context, tile, state);
    state.drawAbove(tile);
    context.restore();
  }
  if (!state.render) return;
  const { rect, project } = state.render;
  context.save();
  context.beginPath();
  context.rect(rect.x, rect.y, rect.width, rect.height);
  context.clip();
  for (const marker of state.markers) {
    drawMarker(context, marker, project(displayToFraction(state.grid, marker.display)), 1);
  }
  context.restore();
}

/** Two thin lines in the colours of the planes they stand for, open around the centre so that nothing is covered. */
function drawCross(context: CanvasRenderingContext2D, tile: Tile, { grid, cross }: OverlayState): void {
  const { x, y } = toScreen(tile, displayToFraction(grid, cross));
  const { rect, plane } = tile;
  const gap = 14;
  // The letters stand there.
  const border = 24;
  const right = rect.x + rect.width - border - grown(stripWidth);
  const bottom = rect.y + rect.height - border;
  const [vertical, horizontal] =
    plane === "axial"
      ? [planes.sagittal, planes.coronal]
      : plane === "coronal"
        ? [planes.sagittal, planes.axial]
        : [planes.coronal, planes.axial];
  context.lineWidth = 1;
  context.globalAlpha = 0.6;
  const line = (colour: string, x0: number, y0: number, x1: number, y1: number) => {
    context.strokeStyle = colour;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  };
  line(vertical.colour, x, rect.y + border, x, Math.max(rect.y + border, y - gap));
  line(vertical.colour, x, Math.min(bottom, y + gap), x, bottom);
  line(horizontal.colour, rect.x + border, y, Math.max(rect.x + border, x - gap), y);
  line(horizontal.colour, Math.min(right, x + gap), y, right, y);
  context.globalAlpha = 1;
}

/** A small cross in each person's colour, with their name, fading away from their slice. */
function drawPeople(context: CanvasRenderingContext2D, tile: Tile, { grid, cross, people }: OverlayState): void {
  const { along } = planes[tile.plane];
  const arm = 7;
  for (const { name, colour, display } of people) {
    const near = nearness(display[along] - cross[along]);
    if (near === 0) continue;
    const { x, y } = toScreen(tile, displayToFraction(grid, display));
    context.globalAlpha = near;
    for (const [width, style] of [
      [4, "rgba(0,0,0,0.6)"],
      [2, colour],
    ] as const) {
      context.lineWidth = width;
      context.strokeStyle = style;
      context.beginPath();
      context.moveTo(x - arm, y);
      context.lineTo(x + arm, y);
      context.moveTo(x, y - arm);
      context.lineTo(x, y + arm);
      context.stroke();
    }
    context.font = `600 ${grown(11)}px system-ui, sans-serif`;
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.lineWidth = 3;
    context.strokeStyle = "rgba(0,0,0,0.8)";
    context.strokeText(name, x + 6, y - 4);
    context.fillStyle = colour;
    context.fillText(name, x + 6, y - 4);
    context.globalAlpha = 1;
  }
}

function drawLetters(context: CanvasRenderingContext2D, { rect, plane }: Tile, radiological: boolean): void {
  const letters = edgeLetters(plane, radiological);
  const inset = grown(13);
  context.font = `600 ${inset}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const write = (letter: string, x: number, y: number) => {
    context.lineWidth = 3;
    context.strokeStyle = "rgba(0,0,0,0.8)";
    context.strokeText(letter, x, y);
    context.fillStyle = "#d7e0e4";
    context.fillText(letter, x, y);
  };
  write(letters.top, rect.x + rect.width / 2, rect.y + inset);
  write(letters.bottom, rect.x + rect.width / 2, rect.y + rect.height - inset);
  write(letters.left, rect.x + inset, rect.y + rect.height / 2);
  write(letters.right, rect.x + rect.width - inset - grown(stripWidth), rect.y + rect.height / 2);
}
