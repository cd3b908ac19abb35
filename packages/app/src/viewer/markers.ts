import type { Vec3 } from "@septum/volume";
import { grown } from "./text-size.ts";

/** A marked point as it is drawn: where, which number, which colour. */
export interface Marker {
  readonly number: number;
  /** Display voxel. */
  readonly display: Vec3;
  /** CSS colour. */
  readonly colour: string;
  readonly selected: boolean;
}

/** How far from its slice a point is still hinted at, in slices. */
const reach = 3;

/** 1 on the point's own slice, falling to 0 a few slices away. */
export function nearness(slicesAway: number): number {
  return Math.max(0, 1 - Math.abs(slicesAway) / (reach + 1));
}

/** Black or white, whichever reads better on the colour (`#rrggbb`); by relative luminance, as WCAG defines it. */
export function textOn(colour: string): "#000" | "#fff" {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

/** A dot with its number on the point's own slice; a ring that fades on the neighbours. */
export function drawMarker(
  context: CanvasRenderingContext2D,
  marker: Marker,
  at: { readonly x: number; readonly y: number },
  near: number,
): void {
  const onSlice = near === 1;
  const radius = grown(onSlice ? 9 : 7);
  context.save();
  context.globalAlpha = onSlice ? 1 : 0.25 + 0.5 * near;
  context.beginPath();
  context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
  if (onSlice) {
    context.fillStyle = marker.colour;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = textOn(marker.colour) === "#000" ? "rgba(0,0,0,0.75)" : "rgba(255,255,255,0.9)";
    context.stroke();
    context.fillStyle = textOn(marker.colour);
    context.font = `600 ${grown(marker.number > 99 ? 8 : 10.5)}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(marker.number), at.x, at.y + 0.5);
  } else {
    context.lineWidth = 3.5;
    context.strokeStyle = "rgba(0,0,0,0.6)";
    context.stroke();
    context.lineWidth = 2;
    context.strokeStyle = marker.colour;
    context.stroke();
  }
  if (marker.selected) {
    context.beginPath();
    context.arc(at.x, at.y, radius + 4, 0, 2 * Math.PI);
    context.lineWidth = 1.5;
    context.strokeStyle = "#fff";
    context.setLineDash([4, 3]);
    context.stroke();
  }
  context.restore();
}
