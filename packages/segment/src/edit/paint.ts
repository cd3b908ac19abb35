import {
  type Box,
  bitBytes,
  boxSize,
  boxVoxels,
  intersectBoxes,
  isEmptyBox,
  roundHalfEven,
  type Vec3,
} from "@septum/volume";
import { setRun } from "../bit-runs.ts";
import { SegmentError } from "../errors.ts";
import type { EditAxis } from "./mask-edit.ts";
import type { Work } from "./work.ts";

/** Voxels of a box, one bit each, `i` fastest. */
export interface Stroke {
  readonly box: Box;
  readonly bits: Uint8Array;
}

interface Brush {
  readonly shape: "disc" | "sphere";
  readonly axis: EditAxis;
  readonly radiusMm: number;
  readonly path: readonly Vec3[];
}

/** Rows of voxels that one stroke may cross, each as often as a piece of its path does: about two seconds. */
const maxRows = 60_000_000;

/** Rounding must not cost a voxel that lies exactly on the edge. */
const slack = 1e-9;

/**
 * Voxels of the volume whose centre lies within the radius of the path, in mm. Undefined when it touches none.
 *
 * A disc lies in the slice nearest to the path; a path that changes slices draws on each.
 *
 * Throws `SegmentError` (`EditInvalid`) for a stroke that is too long for its width.
 */
export function* paintStroke(brush: Brush, within: Box, spacing: Vec3): Work<Stroke | undefined> {
  const pieces = piecesOf(brush);
  const reach = spacing.map((step) => brush.radiusMm / step) as [number, number, number];
  if (brush.shape === "disc") reach[brush.axis] = 0;
  const boxes = pieces.map(({ from, to }) => intersectBoxes(boxAround(from, to, reach), within));
  const rows = boxes.reduce((sum, [, [j0, j1], [k0, k1]]) => sum + Math.max(0, j1 - j0) * Math.max(0, k1 - k0), 0);
  if (rows > maxRows) {
    throw new SegmentError(
      "EditInvalid",
      `Cannot paint ${brush.path.length} points with a radius of ${brush.radiusMm} mm: paint in several strokes`,
    );
  }
  const box = enclosing(boxes);
  if (box === undefined) return undefined;
  const bits = new Uint8Array(bitBytes(boxVoxels(box)));
  let since = 0;
  for (const [n, { from, to }] of pieces.entries()) {
    if (isEmptyBox(boxes[n])) continue;
    since += fillCapsule(bits, box, boxes[n], from, to, brush.radiusMm, spacing);
    if (since < 100_000) continue;
    since = 0;
    yield;
  }
  return { box, bits };
}

interface Piece {
  readonly from: Vec3;
  readonly to: Vec3;
}

/** The path's segments; for a disc, each in the slice it lies in. */
function piecesOf({ shape, axis, path }: Brush): Piece[] {
  const points = shape === "disc" ? path.map((point) => inSlice(point, axis)) : path;
  const pieces: Piece[] = [];
  for (let n = 0; n < points.length; n++) {
    const last = points[n - 1];
    const joined = last !== undefined && (shape === "sphere" || last[axis] === points[n][axis]);
    if (joined) pieces.push({ from: last, to: points[n] });
    else if (n + 1 === points.length || shape === "disc") pieces.push({ from: points[n], to: points[n] });
  }
  return pieces;
}

function inSlice(point: Vec3, axis: EditAxis): Vec3 {
  const flat: [number, number, number] = [...point];
  flat[axis] = roundHalfEven(point[axis]);
  return flat;
}

function boxAround(from: Vec3, to: Vec3, reach: Vec3): Box {
  const range = (axis: EditAxis) => {
    const lo = Math.min(from[axis], to[axis]) - reach[axis] - slack;
    const hi = Math.max(from[axis], to[axis]) + reach[axis] + slack;
    return [Math.ceil(lo), Math.floor(hi) + 1] as const;
  };
  return [range(0), range(1), range(2)];
}

/** The box around those that are not empty. */
function enclosing(boxes: readonly Box[]): Box | undefined {
  const filled = boxes.filter((box) => !isEmptyBox(box));
  if (filled.length === 0) return undefined;
  const range = (axis: EditAxis) => {
    const lo = filled.reduce((least, box) => Math.min(least, box[axis][0]), Number.POSITIVE_INFINITY);
    const hi = filled.reduce((most, box) => Math.max(most, box[axis][1]), Number.NEGATIVE_INFINITY);
    return [lo, hi] as const;
  };
  return [range(0), range(1), range(2)];
}

/**
 * Sets the voxels of `part` within `radius` (mm) of the segment, row by row: what a line cuts out of a capsule is one interval,
 * made of what it cuts out of the balls at both ends and of the cylinder between them. Returns how many rows it looked at.
 */
function fillCapsule(
  bits: Uint8Array,
  box: Box,
  part: Box,
  from: Vec3,
  to: Vec3,
  radius: number,
  spacing: Vec3,
): number {
  const [ni, nj] = boxSize(box);
  const [si, sj, sk] = spacing;
  const [di, dj, dk] = [(to[0] - from[0]) * si, (to[1] - from[1]) * sj, (to[2] - from[2]) * sk];
  const length = Math.hypot(di, dj, dk);
  const [ui, uj, uk] = length === 0 ? [0, 0, 0] : [di / length, dj / length, dk / length];
  const squared = radius * radius + slack;
  const bend = 1 - ui * ui;
  const [[i0, i1], [j0, j1], [k0, k1]] = part;
  for (let k = k0; k < k1; k++) {
    for (let j = j0; j < j1; j++) {
      // Along the row, x mm from the start of the segment.
      const y = (j - from[1]) * sj;
      const z = (k - from[2]) * sk;
      const away = y * y + z * z;
      let lo = Number.POSITIVE_INFINITY;
      let hi = Number.NEGATIVE_INFINITY;
      if (away <= squared) {
        hi = Math.sqrt(squared - away);
        lo = -hi;
      }
      const end = (y - dj) * (y - dj) + (z - dk) * (z - dk);
      if (end <= squared) {
        const half = Math.sqrt(squared - end);
        lo = Math.min(lo, di - half);
        hi = Math.max(hi, di + half);
      }
      if (bend > 1e-12) {
        // Where x² · bend − 2x · ui · m + away − m² ≤ radius², and the foot lies on the segment: 0 ≤ x · ui + m ≤ length.
        const m = y * uj + z * uk;
        const middle = (ui * m) / bend;
        const root = middle * middle - (away - m * m - squared) / bend;
        if (root >= 0) {
          const half = Math.sqrt(root);
          let [start, stop] = [middle - half, middle + half];
          if (Math.abs(ui) < 1e-12) {
            if (m < 0 || m > length) stop = Number.NEGATIVE_INFINITY;
          } else {
            const [a, b] = [-m / ui, (length - m) / ui];
            start = Math.max(start, Math.min(a, b));
            stop = Math.min(stop, Math.max(a, b));
          }
          if (start <= stop) {
            lo = Math.min(lo, start);
            hi = Math.max(hi, stop);
          }
        }
      }
      if (lo > hi) continue;
      const first = Math.max(i0, Math.ceil(from[0] + lo / si - slack));
      const last = Math.min(i1 - 1, Math.floor(from[0] + hi / si + slack));
      if (first <= last)
        setRun(bits, first - box[0][0] + ni * (j - box[1][0] + nj * (k - box[2][0])), last - first + 1);
    }
  }
  return (j1 - j0) * (k1 - k0);
}
