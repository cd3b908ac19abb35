import type { Position } from "./slice-plane.ts";

/**
 * The line with fewer points: none of those left out lies farther than `tolerance` from what is left (Ramer, Douglas and
 * Peucker). Ends stay. Coordinates are rounded to a thousandth, far below what a hand can mean.
 */
export function thinLine(line: readonly Position[], tolerance: number): Position[] {
  const kept = new Uint8Array(line.length);
  kept[0] = 1;
  kept[line.length - 1] = 1;
  const open: [number, number][] = [[0, line.length - 1]];
  for (let part = open.pop(); part; part = open.pop()) {
    const [from, to] = part;
    let farthest = 0;
    let at = -1;
    for (let n = from + 1; n < to; n++) {
      const distance = distanceToSegment(line[n], line[from], line[to]);
      if (distance > farthest) [farthest, at] = [distance, n];
    }
    if (farthest <= tolerance) continue;
    kept[at] = 1;
    open.push([from, at], [at, to]);
  }
  return line.filter((_, n) => kept[n]).map(([x, y]) => [rounded(x), rounded(y)]);
}

export function distanceToSegment([x, y]: Position, [ax, ay]: Position, [bx, by]: Position): number {
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy;
  const t = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
