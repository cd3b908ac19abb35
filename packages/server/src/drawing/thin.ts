/** `[x, y]` on a slice, in voxels. */
type Position = readonly [number, number];

/** Voxels that a thinned line may lie beside the drawn one: less than an eye sees. */
const tolerance = 0.1;

/** Most points that are kept of a line. */
const maxKept = 500;

/**
 * The line with as few points as show it: those that lie within a tenth of a voxel of the line without them are left out
 * (Ramer–Douglas–Peucker), and of more than 500 that are left every so many. Rounded to hundredths. First and last stay.
 */
export function thinned(points: readonly Position[]): [number, number][] {
  const kept = new Uint8Array(points.length);
  kept[0] = kept[points.length - 1] = 1;
  const ranges = [[0, points.length - 1]];
  for (let range = ranges.pop(); range; range = ranges.pop()) {
    const [first, last] = range;
    const far = farthest(points, first, last);
    if (far === undefined) continue;
    kept[far] = 1;
    ranges.push([first, far], [far, last]);
  }
  const shown = points.filter((_, n) => kept[n]);
  const every = (shown.length - 1) / (maxKept - 1);
  const few = every <= 1 ? shown : Array.from({ length: maxKept }, (_, n) => shown[Math.round(n * every)]);
  return few.map(([x, y]) => [hundredths(x), hundredths(y)]);
}

/** The point between two others that lies farthest from their connection; undefined when none is far enough. */
function farthest(points: readonly Position[], first: number, last: number): number | undefined {
  const [ax, ay] = points[first];
  const [dx, dy] = [points[last][0] - ax, points[last][1] - ay];
  const squared = dx * dx + dy * dy;
  let most = tolerance * tolerance;
  let found: number | undefined;
  for (let n = first + 1; n < last; n++) {
    const [x, y] = [points[n][0] - ax, points[n][1] - ay];
    const t = squared === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / squared));
    const away = (x - t * dx) ** 2 + (y - t * dy) ** 2;
    if (away <= most) continue;
    most = away;
    found = n;
  }
  return found;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
