import { type Box, roundHalfEven, type Vec3 } from "@septum/volume";
import type { ModelSettings } from "../../src/model.ts";
import { around, at, eachVoxel, map3, nonzeroBox, whole } from "./boxes.ts";

export type RandomIndex = (n: number) => number;

export function coverDense(
  d: Uint8Array,
  size: Vec3,
  settings: ModelSettings,
  random: RandomIndex,
  stride: Vec3 | undefined = undefined,
  depth = 0,
): Box[] {
  const bounds = nonzeroBox(d, size);
  if (bounds === undefined) return [];
  const left = d.slice();
  if (depth > 3) return coverRandom(left, size, settings, 25, random);
  const step = stride ?? map3((n) => Math.max(1, roundHalfEven((bounds[n][1] - 1 - bounds[n][0]) / 4)));
  let candidates: Vec3[] = [];
  for (let a = bounds[0][0]; a < bounds[0][1]; a += step[0]) {
    for (let b = bounds[1][0]; b < bounds[1][1]; b += step[1]) {
      for (let c = bounds[2][0]; c < bounds[2][1]; c += step[2]) if (d[at(size, a, b, c)]) candidates.push([a, b, c]);
    }
  }
  if (candidates.length === 0) {
    return coverDense(
      d,
      size,
      settings,
      random,
      map3((n) => Math.max(1, Math.floor(step[n] / 2))),
      depth + 1,
    );
  }
  const out: Box[] = [];
  while (candidates.length > 0 && left.some((value) => value === 1)) {
    const counts = candidates.map((q) => countIn(left, size, inner(q, size, settings)));
    const best = counts.indexOf(Math.max(...counts));
    if (counts[best] === 0) break;
    out.push(around(candidates[best], settings.patchSize));
    erase(left, size, inner(candidates[best], size, settings));
    candidates = candidates.filter(([a, b, c]) => left[at(size, a, b, c)] === 1);
  }
  return [...out, ...coverRandom(left, size, settings, 10, random)];
}

export function coverRandom(
  left: Uint8Array,
  size: Vec3,
  settings: ModelSettings,
  draws: number,
  random: RandomIndex,
): Box[] {
  const out: Box[] = [];
  for (;;) {
    const set: Vec3[] = [];
    eachVoxel(whole(size), (a, b, c) => {
      if (left[at(size, a, b, c)]) set.push([a, b, c]);
    });
    if (set.length === 0) return out;
    const drawn = Array.from({ length: draws }, () => set[random(set.length)]);
    const counts = drawn.map((q) => countIn(left, size, inner(q, size, settings)));
    const best = drawn[counts.indexOf(Math.max(...counts))];
    out.push(around(best, settings.patchSize));
    erase(left, size, inner(best, size, settings));
  }
}

export function inner(q: Vec3, size: Vec3, { patchSize, coverMargin }: ModelSettings): Box {
  return [0, 1, 2].map((n) => {
    const h = Math.floor(patchSize[n] / 2);
    return [Math.max(0, q[n] - h + coverMargin), Math.min(size[n], q[n] + patchSize[n] - h - coverMargin)];
  }) as unknown as Box;
}

export function countIn(values: Uint8Array, size: Vec3, box: Box): number {
  let count = 0;
  eachVoxel(box, (a, b, c) => {
    count += values[at(size, a, b, c)];
  });
  return count;
}

export function erase(values: Uint8Array, size: Vec3, box: Box): void {
  eachVoxel(box, (a, b, c) => {
    values[at(size, a, b, c)] = 0;
  });
}
