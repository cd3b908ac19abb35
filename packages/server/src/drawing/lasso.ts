import type { Axis } from "@septum/protocol";
import { boxSize, boxVoxels, uniteBoxes, type Vec3 } from "@septum/volume";
import { type Drawing, DrawingTooLarge, drawPolyline, maxWork } from "./polyline.ts";
import { sliceBox, slicePlane, sliceToVoxel } from "./slice-plane.ts";

/** Voxels this close to the outline belong to the lasso, so that one drawn within a single voxel still holds that voxel. */
const outlineRadius = 0.5;

/** `[x, y]`: column and row; voxel centres lie at whole numbers. */
type Position = readonly [number, number];

/**
 * Voxels of one slice inside a closed polygon (even-odd rule, so that a loop inside a loop is a hole), with those whose
 * centre lies within half a voxel of its outline. Parts outside the slice are cut off; undefined when nothing is left.
 */
export function drawLasso(axis: Axis, index: number, points: readonly Position[], size: Vec3): Drawing | undefined {
  const closed = [...points, points[0]].map(([x, y]) => sliceToVoxel(axis, index, x, y));
  const bounds = sliceBox(axis, index, size);
  const outline = drawPolyline(closed, outlineRadius, bounds);
  const box = uniteBoxes(outline?.box, insideBox(axis, index, points, size));
  if (!box) return undefined;

  const { row, column } = slicePlane(axis);
  const [ni, nj] = boxSize(box);
  const step = [1, ni, ni * nj];
  if ((box[row][1] - box[row][0]) * points.length > maxWork) {
    throw new DrawingTooLarge(`Cannot draw a lasso of ${points.length} points: draw it with fewer`);
  }
  const mask = new Uint8Array(boxVoxels(box));
  let drawn = false;
  for (let y = box[row][0]; y < box[row][1]; y++) {
    const crossings = crossingsOf(points, y);
    for (let n = 0; n + 1 < crossings.length; n += 2) {
      const from = Math.max(box[column][0], Math.ceil(crossings[n]));
      const to = Math.min(box[column][1] - 1, Math.floor(crossings[n + 1]));
      for (let x = from; x <= to; x++) {
        mask[(y - box[row][0]) * step[row] + (x - box[column][0]) * step[column]] = 1;
        drawn = true;
      }
    }
  }
  if (outline) pasteOver(mask, box, outline);
  return drawn || outline ? { box, mask } : undefined;
}

/** The part of the slice that the polygon's inside can reach. */
function insideBox(axis: Axis, index: number, points: readonly Position[], size: Vec3): Drawing["box"] {
  const range = (at: 0 | 1, extent: number) => {
    const all = points.map((point) => point[at]);
    const lo = all.reduce((a, b) => Math.min(a, b));
    const hi = all.reduce((a, b) => Math.max(a, b));
    return [Math.max(0, Math.ceil(lo)), Math.min(extent, Math.floor(hi) + 1)] as const;
  };
  const { row, column } = slicePlane(axis);
  const box = [...sliceBox(axis, index, size)] as [Drawing["box"][0], Drawing["box"][1], Drawing["box"][2]];
  box[column] = range(0, size[column]);
  box[row] = range(1, size[row]);
  return box;
}

/** Where the polygon's edges cross the middle of row `y`, in order. An edge owns its upper end and not its lower one. */
function crossingsOf(points: readonly Position[], y: number): number[] {
  const crossings: number[] = [];
  for (let n = 0; n < points.length; n++) {
    const [x0, y0] = points[n];
    const [x1, y1] = points[(n + 1) % points.length];
    if (y0 <= y === y1 <= y) continue;
    crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return crossings.sort((a, b) => a - b);
}

function pasteOver(mask: Uint8Array, box: Drawing["box"], part: Drawing): void {
  const [ni, nj] = boxSize(box);
  const [pi, pj, pk] = boxSize(part.box);
  for (let k = 0, at = 0; k < pk; k++) {
    for (let j = 0; j < pj; j++) {
      const row = ni * (j + part.box[1][0] - box[1][0] + nj * (k + part.box[2][0] - box[2][0]));
      for (let i = 0; i < pi; i++, at++) if (part.mask[at]) mask[row + i + part.box[0][0] - box[0][0]] = 1;
    }
  }
}
