import { type Box, boxSize, boxVoxels, intersectBoxes, isEmptyBox, type Vec3 } from "@septum/volume";

/** A drawing as voxels: uint8 over `box`, `i` fastest, 1 = drawn. */
export interface Drawing {
  readonly box: Box;
  readonly mask: Uint8Array;
}

/** Most steps that one drawing may take: a tenth of a second. */
export const maxWork = 30_000_000;

/** The drawing is too long or too thick to be one stroke. */
export class DrawingTooLarge extends Error {
  override readonly name = "DrawingTooLarge";
}

/**
 * Voxels of `bounds` whose centre lies within `radius` (voxels) of a polyline. Centres lie at whole numbers; one point
 * alone makes a ball. On a slice, `bounds` is one voxel thick and the points lie in it.
 *
 * Undefined when the polyline does not touch `bounds`. Throws `DrawingTooLarge`.
 */
export function drawPolyline(points: readonly Vec3[], radius: number, bounds: Box): Drawing | undefined {
  const box = intersectBoxes(boundingBox(points, radius), bounds);
  if (isEmptyBox(box)) return undefined;
  const pieces = [...piecesOf(points, radius, bounds)];
  const mask = new Uint8Array(boxVoxels(box));
  let drawn = false;
  for (const [from, to] of pieces) drawn = drawPiece(mask, box, from, to, radius) || drawn;
  return drawn ? { box, mask } : undefined;
}

/** The segments between the points, cut so short that the box around each holds little besides the stroke. */
function* piecesOf(points: readonly Vec3[], radius: number, bounds: Box): Generator<readonly [Vec3, Vec3]> {
  const length = 2 * radius + 1;
  const perPiece = boxSize(bounds).reduce((work, extent) => work * Math.min(extent, 2 * length + 2), 1);
  let work = 0;
  for (let n = 0; n < Math.max(1, points.length - 1); n++) {
    const a = points[n];
    const b = points[Math.min(n + 1, points.length - 1)];
    const count = Math.max(1, Math.ceil(Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]) / length));
    work += count * perPiece;
    if (work > maxWork) {
      throw new DrawingTooLarge(
        `Cannot draw ${points.length} points with radius ${radius}: draw it in several strokes`,
      );
    }
    for (let piece = 0; piece < count; piece++)
      yield [between(a, b, piece / count), between(a, b, (piece + 1) / count)];
  }
}

function drawPiece(mask: Uint8Array, whole: Box, a: Vec3, b: Vec3, radius: number): boolean {
  const box = intersectBoxes(boundingBox([a, b], radius), whole);
  const [ni, nj] = boxSize(whole);
  const [di, dj, dk] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const squared = di * di + dj * dj + dk * dk;
  const reach = radius * radius + slack;
  let drawn = false;
  for (let k = box[2][0]; k < box[2][1]; k++) {
    for (let j = box[1][0]; j < box[1][1]; j++) {
      const row = ni * (j - whole[1][0] + nj * (k - whole[2][0])) - whole[0][0];
      for (let i = box[0][0]; i < box[0][1]; i++) {
        const along = squared === 0 ? 0 : ((i - a[0]) * di + (j - a[1]) * dj + (k - a[2]) * dk) / squared;
        const t = Math.min(1, Math.max(0, along));
        const x = i - a[0] - t * di;
        const y = j - a[1] - t * dj;
        const z = k - a[2] - t * dk;
        if (x * x + y * y + z * z > reach) continue;
        mask[row + i] = 1;
        drawn = true;
      }
    }
  }
  return drawn;
}

/** Rounding must not cost a voxel that lies exactly on the edge. */
const slack = 1e-9;

/** Whole voxels within `radius` of the points, along each axis. */
function boundingBox(points: readonly Vec3[], radius: number): Box {
  const range = (axis: 0 | 1 | 2) => {
    let lo = Number.POSITIVE_INFINITY;
    let hi = Number.NEGATIVE_INFINITY;
    for (const point of points) {
      lo = Math.min(lo, point[axis]);
      hi = Math.max(hi, point[axis]);
    }
    return [Math.ceil(lo - radius - slack), Math.floor(hi + radius + slack) + 1] as const;
  };
  return [range(0), range(1), range(2)];
}

function between(a: Vec3, b: Vec3, t: number): Vec3 {
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])];
}
