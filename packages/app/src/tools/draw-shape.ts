import type { SignColours } from "../state/editing.ts";
import type { DisplayGrid } from "../viewer/grid.ts";
import type { Tile } from "../viewer/planes.ts";
import { pixelsPerVoxel, type Shape, screenLine } from "./shapes.ts";
import type { Position } from "./slice-plane.ts";

/**
 * Colours of positive and negative. The classic ones are those of nnInteractive's and Slicer's users; the safe ones are
 * blue and vermilion of Okabe and Ito's set. The sign is also told by its glyph and by solid and dashed lines.
 */
export const signColours: Readonly<Record<SignColours, { readonly positive: string; readonly negative: string }>> = {
  classic: { positive: "#2fd03f", negative: "#ff5348" },
  safe: { positive: "#56b4e9", negative: "#e8752a" },
};

export interface ShapeLook {
  readonly colours: SignColours;
  readonly selected: boolean;
  /** Being drawn, or on its way to the server. */
  readonly unsent: boolean;
  /** 1 on its own slice, less on slices nearby. */
  readonly opacity: number;
}

/** Draws a prompt into a tile; `context` is scaled to CSS pixels and clipped. */
export function drawShape(
  context: CanvasRenderingContext2D,
  shape: Shape,
  grid: DisplayGrid,
  tile: Tile,
  look: ShapeLook,
): void {
  const colour = signColours[look.colours][shape.positive ? "positive" : "negative"];
  const line = screenLine(shape, grid, tile);
  context.save();
  context.globalAlpha = look.opacity * (look.unsent ? 0.85 : 1);
  context.lineCap = "round";
  context.lineJoin = "round";
  if (shape.kind === "point") {
    drawGlyph(context, line[0], shape.positive, colour, 7.5, look.selected);
  } else {
    if (shape.kind === "line" && shape.radius) {
      // The stroke as wide as the voxels it takes.
      const [across, up] = pixelsPerVoxel(grid, tile);
      trace(context, line, false);
      context.lineWidth = 2 * shape.radius * Math.min(across, up);
      context.globalAlpha *= 0.3;
      context.strokeStyle = colour;
      context.stroke();
      context.globalAlpha /= 0.3;
    }
    trace(context, line, shape.kind === "outline");
    context.lineWidth = look.selected ? 6 : 4;
    context.strokeStyle = look.selected ? "#fff" : "rgba(0,0,0,0.6)";
    context.stroke();
    context.setLineDash(shape.positive ? [] : [7, 5]);
    context.lineWidth = 2.2;
    context.strokeStyle = colour;
    context.stroke();
    context.setLineDash([]);
    if (line.length > 0) drawGlyph(context, glyphPlace(shape, line), shape.positive, colour, 6.5, look.selected);
  }
  context.restore();
}

/** A disc with + or −, so that the sign is not told by colour alone. */
export function drawGlyph(
  context: CanvasRenderingContext2D,
  [x, y]: Position,
  positive: boolean,
  colour: string,
  radius: number,
  selected: boolean,
): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = "rgba(0,0,0,0.8)";
  context.stroke();
  const arm = radius * 0.55;
  context.beginPath();
  context.moveTo(x - arm, y);
  context.lineTo(x + arm, y);
  if (positive) {
    context.moveTo(x, y - arm);
    context.lineTo(x, y + arm);
  }
  context.lineWidth = 2;
  context.strokeStyle = "#0b0f0c";
  context.stroke();
  if (!selected) return;
  context.beginPath();
  context.arc(x, y, radius + 3.5, 0, 2 * Math.PI);
  context.lineWidth = 2;
  context.strokeStyle = "#fff";
  context.stroke();
}

/** Where a line began; of an outline the topmost place, so that what it surrounds stays free. */
function glyphPlace({ kind }: Shape, line: readonly Position[]): Position {
  return kind === "line" ? line[0] : line.reduce((top, place) => (place[1] < top[1] ? place : top));
}

function trace(context: CanvasRenderingContext2D, line: readonly Position[], closed: boolean): void {
  context.beginPath();
  for (const [n, [x, y]] of line.entries()) {
    if (n === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  // A line of one place is a dot.
  if (line.length === 1) context.lineTo(line[0][0], line[0][1]);
  if (closed) context.closePath();
}
