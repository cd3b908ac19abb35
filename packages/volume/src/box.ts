/** Three numbers, one per axis. */
export type Vec3 = readonly [number, number, number];

/** Half-open interval of voxel indices: `lo` is inside, `hi` is not. */
export type Range = readonly [lo: number, hi: number];

/**
 * Half-open box of voxel indices, one range per axis. It may reach outside the volume on any side. The order of the axes
 * is the caller's: `[i, j, k]` next to a `Volume`, `[k, j, i]` inside the engine (docs/spaces.md).
 */
export type Box = readonly [Range, Range, Range];

/** The box from the origin to `size`: a whole volume. */
export function wholeBox(size: Vec3): Box {
  return [
    [0, size[0]],
    [0, size[1]],
    [0, size[2]],
  ];
}

/** Extents of a box, never negative. */
export function boxSize(box: Box): Vec3 {
  return [Math.max(0, box[0][1] - box[0][0]), Math.max(0, box[1][1] - box[1][0]), Math.max(0, box[2][1] - box[2][0])];
}

/** Voxels of a box; 0 when any extent is not positive. */
export function boxVoxels(box: Box): number {
  const [a, b, c] = boxSize(box);
  return a * b * c;
}

export function isEmptyBox(box: Box): boolean {
  return boxVoxels(box) === 0;
}

/** What two boxes share; may be empty, then with `hi <= lo` on some axis. */
export function intersectBoxes(a: Box, b: Box): Box {
  return [meet(a[0], b[0]), meet(a[1], b[1]), meet(a[2], b[2])];
}

/** The part of a box inside a volume of `size`. */
export function clipBox(box: Box, size: Vec3): Box {
  return intersectBoxes(box, wholeBox(size));
}

/** The smallest box that holds both. An empty box (or none) adds nothing. */
export function uniteBoxes(a: Box | undefined, b: Box | undefined): Box | undefined {
  if (a === undefined || isEmptyBox(a)) return b === undefined || isEmptyBox(b) ? undefined : b;
  if (b === undefined || isEmptyBox(b)) return a;
  return [join(a[0], b[0]), join(a[1], b[1]), join(a[2], b[2])];
}

/** The box moved by `offset`. */
export function shiftBox(box: Box, offset: Vec3): Box {
  return [
    [box[0][0] + offset[0], box[0][1] + offset[0]],
    [box[1][0] + offset[1], box[1][1] + offset[1]],
    [box[2][0] + offset[2], box[2][1] + offset[2]],
  ];
}

/** Whether `inner` lies wholly inside `outer`. */
export function boxContains(outer: Box, inner: Box): boolean {
  for (let axis = 0; axis < 3; axis++) {
    if (inner[axis][0] < outer[axis][0] || inner[axis][1] > outer[axis][1]) return false;
  }
  return true;
}

/** Such as `[[0, 4], [2, 3], [0, 9]]`, for messages. */
export function formatBox(box: Box): string {
  return `[${box.map(([lo, hi]) => `[${lo}, ${hi}]`).join(", ")}]`;
}

function meet(a: Range, b: Range): Range {
  return [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
}

function join(a: Range, b: Range): Range {
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}
