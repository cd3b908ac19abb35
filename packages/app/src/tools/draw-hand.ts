import type { Editing } from "../state/editing.ts";
import { nextSign } from "../state/editing.ts";
import type { DisplayGrid } from "../viewer/grid.ts";
import { planes, type Tile } from "../viewer/planes.ts";
import { drawGlyph, drawShape, signColours } from "./draw-shape.ts";
import { type Hand, isDrawTool } from "./hand.ts";
import { pixelsPerVoxel, slicesAway } from "./shapes.ts";

/** Draws prompts, unfinished drawings, and at the pointer what the next press does. */
export function drawHand(
  context: CanvasRenderingContext2D,
  hand: Hand,
  editing: Editing,
  tile: Tile,
  { grid, slice, spacing }: { readonly grid: DisplayGrid; readonly slice: number; readonly spacing: readonly number[] },
): void {
  const { signColours: colours } = editing;
  for (const { shape, selected, unsent } of hand.shapes(tile, slice)) {
    const opacity = 1 - slicesAway(shape, slice) / 4;
    drawShape(context, shape, grid, tile, { colours, selected, unsent, opacity: opacity === 1 ? 1 : 0.7 * opacity });
  }
  const { hovered } = hand;
  if (hovered?.tile.plane !== tile.plane) return;
  const { x, y, flipped } = hovered;
  if (editing.tool === "brush" || editing.tool === "eraser") {
    const { across, up } = planes[tile.plane];
    const [wide, high] = pixelsPerVoxel(grid, tile);
    const { radiusMm } = editing.brush;
    const erases = editing.tool === "eraser" || flipped || hand.sketch?.tool === "eraser";
    ring(
      context,
      x,
      y,
      (radiusMm / spacing[grid.axis[across]]) * wide,
      (radiusMm / spacing[grid.axis[up]]) * high,
      erases,
    );
  } else if (isDrawTool(editing.tool) || editing.tool === "point") {
    const positive = nextSign(editing) !== flipped;
    drawGlyph(context, [x + 13, y + 13], positive, signColours[colours][positive ? "positive" : "negative"], 6, false);
  }
}

/** The brush as large as it paints: an ellipse where voxels are not square on the screen. Dashed when it erases. */
function ring(context: CanvasRenderingContext2D, x: number, y: number, rx: number, ry: number, erases: boolean): void {
  context.save();
  context.beginPath();
  context.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
  context.lineWidth = 3;
  context.strokeStyle = "rgba(0,0,0,0.6)";
  context.stroke();
  context.setLineDash(erases ? [5, 4] : []);
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.stroke();
  context.setLineDash([]);
  // The centre, with the sign of what it does.
  context.beginPath();
  context.moveTo(x - 3, y);
  context.lineTo(x + 3, y);
  if (!erases) {
    context.moveTo(x, y - 3);
    context.lineTo(x, y + 3);
  }
  context.stroke();
  context.restore();
}
