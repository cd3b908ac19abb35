import { type Box, bitBytes, boxSize, boxVoxels, isEmptyBox, type Vec3 } from "@septum/volume";
import { SegmentError } from "../errors.ts";
import type { EditAxis } from "./mask-edit.ts";
import type { Stroke } from "./paint.ts";
import type { Work } from "./work.ts";

type Position = readonly [number, number];

interface Outline {
  readonly axis: EditAxis;
  readonly slice: number;
  readonly points: readonly Position[];
  readonly through: boolean;
}

/** The two axes of a slice, in their order. */
const others = [
  [1, 2],
  [0, 2],
  [0, 1],
] as const;

/** Edges that the rows of a slice may be compared with: about a second. */
const maxWork = 100_000_000;

/**
 * Voxels whose centre lies inside the closed line (even-odd, so that a loop inside a loop is a hole), on its slice or on all.
 * Undefined when there are none.
 *
 * Throws `SegmentError` (`EditInvalid`) for a line of too many points.
 */
export function* cutOut({ axis, slice, points, through }: Outline, size: Vec3): Work<Stroke | undefined> {
  const [rowAxis, columnAxis] = others[axis];
  const rows = rangeOf(points, 1, size[rowAxis]);
  const columns = rangeOf(points, 0, size[columnAxis]);
  if ((rows[1] - rows[0]) * points.length > maxWork) {
    throw new SegmentError("EditInvalid", `Cannot cut along ${points.length} points: draw the line with fewer`);
  }
  const ranges: [Box[0], Box[1], Box[2]] = [rows, rows, rows];
  ranges[rowAxis] = rows;
  ranges[columnAxis] = columns;
  ranges[axis] = through ? [0, size[axis]] : [slice, slice + 1];
  const box: Box = ranges;
  if (isEmptyBox(box)) return undefined;

  const extent = boxSize(box);
  const step = [1, extent[0], extent[0] * extent[1]];
  const bits = new Uint8Array(bitBytes(boxVoxels(box)));
  let any = false;
  for (let row = rows[0]; row < rows[1]; row++) {
    const crossings = crossingsOf(points, row);
    for (let n = 0; n + 1 < crossings.length; n += 2) {
      const from = Math.max(columns[0], Math.ceil(crossings[n]));
      const to = Math.min(columns[1] - 1, Math.floor(crossings[n + 1]));
      for (let column = from; column <= to; column++) {
        any = true;
        let at = (row - rows[0]) * step[rowAxis] + (column - columns[0]) * step[columnAxis];
        for (let layer = 0; layer < extent[axis]; layer++, at += step[axis]) bits[Math.floor(at / 8)] |= 1 << (at & 7);
      }
    }
    if (row % 16 === 0) yield;
  }
  return any ? { box, bits } : undefined;
}

function rangeOf(points: readonly Position[], at: 0 | 1, length: number): readonly [number, number] {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    lo = Math.min(lo, point[at]);
    hi = Math.max(hi, point[at]);
  }
  return [Math.max(0, Math.ceil(lo)), Math.min(length, Math.floor(hi) + 1)];
}

/** Where the line crosses the middle of a row, in order. An edge owns its upper end and not its lower one. */
function crossingsOf(points: readonly Position[], row: number): number[] {
  const crossings: number[] = [];
  for (let n = 0; n < points.length; n++) {
    const [x0, y0] = points[n];
    const [x1, y1] = points[(n + 1) % points.length];
    if (y0 <= row === y1 <= row) continue;
    crossings.push(x0 + ((row - y0) / (y1 - y0)) * (x1 - x0));
  }
  return crossings.sort((a, b) => a - b);
}
