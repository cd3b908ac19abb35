import { type Box, roundHalfEven, roundToHalf, type Vec3 } from "@septum/volume";
import type { ModelSettings } from "../src/model.ts";

/**
 * The inference spec (§4–§6, profile P26) written down the plain way: every channel a whole volume, every zoomed view a
 * padded copy, every loop over every voxel. Slow, and only for tests: the engine must equal it bit for bit.
 *
 * All arrays are C-ordered over engine axes. Nothing of the engine is used but rounding.
 */
export interface DenseState {
  readonly size: Vec3;
  /** Normalised. */
  readonly image: Float32Array;
  /** Interaction channels; halves kept as float32. The mask is `channels[previous]`. */
  readonly channels: Float32Array[];
  readonly settings: ModelSettings;
  intensity: number;
  queued?: { centre: Vec3; zoom: number };
}

/** What the network is fed in one pass. */
export interface DenseInput {
  readonly image: Float32Array;
  readonly channels: readonly Float32Array[];
}

export interface DenseResult {
  readonly zooms: number[];
  readonly boxes: Box[];
  /** Clipped. */
  readonly changed: Box;
}

type Network = (input: DenseInput) => Uint8Array;
type RandomIndex = (n: number) => number;

const { fround } = Math;

export function denseState(values: ArrayLike<number>, size: Vec3, settings: ModelSettings): DenseState {
  const box = nonzeroBox(Float32Array.from(values), size)!;
  const inside: number[] = [];
  eachVoxel(box, (a, b, c) => inside.push(fround(values[at(size, a, b, c)])));
  const mean = inside.reduce((sum, value) => sum + value, 0) / inside.length;
  const variance = inside.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (inside.length - 1);
  const image = Float32Array.from(
    values,
    (value) => fround(fround(value) - fround(mean)) / fround(Math.sqrt(variance)),
  );
  const channels = Array.from({ length: settings.interactionChannels }, () => new Float32Array(image.length));
  return { size, image, channels, settings, intensity: 1 };
}

export function densePoint(state: DenseState, point: Vec3, positive: boolean): void {
  const { settings, size } = state;
  const r = settings.pointRadius;
  const centre = map3((axis) => roundHalfEven(point[axis]));
  state.queued = { centre, zoom: 1 };
  bump(state);
  const channel = state.channels[settings.channels.points![positive ? 0 : 1]];
  const cube: Box = [
    [-r, r + 1],
    [-r, r + 1],
    [-r, r + 1],
  ];
  const outside: Vec3[] = [];
  eachVoxel(cube, (x, y, z) => {
    if (x * x + y * y + z * z > r * r) outside.push([x, y, z]);
  });
  const distance = (x: number, y: number, z: number) =>
    Math.sqrt(Math.min(...outside.map(([u, v, w]) => (u - x) ** 2 + (v - y) ** 2 + (w - z) ** 2)));
  const largest = distance(0, 0, 0);
  eachVoxel(cube, (x, y, z) => {
    const [a, b, c] = [centre[0] + x, centre[1] + y, centre[2] + z];
    if (x * x + y * y + z * z > r * r || !within(size, a, b, c)) return;
    const voxel = at(size, a, b, c);
    channel[voxel] = Math.max(channel[voxel], roundToHalf((distance(x, y, z) / largest) * state.intensity));
  });
}

/** A box whose ranges need no clipping. */
export function denseBox(state: DenseState, box: Box, positive: boolean): void {
  queueBox(state, box);
  bump(state);
  const channel = state.channels[state.settings.channels.bbox2d![positive ? 0 : 1]];
  eachVoxel(box, (a, b, c) => {
    channel[at(state.size, a, b, c)] = roundToHalf(state.intensity);
  });
}

/** A mask over the whole volume. */
export function denseDrawing(state: DenseState, kind: "scribble" | "lasso", mask: Uint8Array, positive: boolean): void {
  queueBox(state, nonzeroBox(mask, state.size)!);
  bump(state);
  const channel = state.channels[state.settings.channels[kind]![positive ? 0 : 1]];
  for (let n = 0; n < mask.length; n++) channel[n] = Math.max(channel[n], roundToHalf(mask[n] * state.intensity));
}

export function denseInitial(state: DenseState, mask: Uint8Array): void {
  for (const channel of state.channels) channel.fill(0);
  state.intensity = 1;
  state.channels[state.settings.channels.previous].set(mask);
  const box = nonzeroBox(mask, state.size);
  state.queued = undefined;
  if (box !== undefined) queueBox(state, box);
}

export function densePredict(
  state: DenseState,
  network: Network,
  random: RandomIndex,
  options: { autozoom: boolean; forceFullRefine: boolean },
): DenseResult | undefined {
  if (state.queued === undefined) return undefined;
  const { size, settings } = state;
  const { centre } = state.queued;
  const mask = state.channels[settings.channels.previous];
  let zoom = Math.min(4, state.queued.zoom);
  state.queued = undefined;
  const zooms: number[] = [];
  let look = build(state, centre, zoom);
  let prediction = network(look.input);
  zooms.push(zoom);
  while (options.autozoom && zoom < 4 && borderChange(prediction, look.nearest, settings)) {
    zoom = Math.min(4, zoom * 1.5);
    look = build(state, centre, zoom);
    prediction = network(look.input);
    zooms.push(zoom);
  }
  const seen = clip(look.box, size);
  if (zoom === 1) {
    eachVoxel(seen, (a, b, c) => {
      mask[at(size, a, b, c)] = prediction[inBox(look.box, a, b, c)];
    });
    return { zooms, boxes: [], changed: seen };
  }
  const scaled = extent(look.box);
  const coarse = resizeLinear(Float32Array.from(prediction), settings.patchSize, scaled).map((v) => (v >= 0.5 ? 1 : 0));
  const kept = options.forceFullRefine ? nonzeroBox(mask, size) : undefined;
  const plan = kept === undefined ? seen : join(seen, kept);
  const inSeen = new Float32Array(volume(seen));
  eachVoxel(seen, (a, b, c) => {
    inSeen[inBox(seen, a, b, c)] = coarse[inBox(look.box, a, b, c)] === mask[at(size, a, b, c)] ? 0 : 1;
  });
  const opened = window(window(inSeen, extent(seen), 2, Math.min), extent(seen), 2, Math.max);
  const difference = new Uint8Array(volume(plan));
  eachVoxel(seen, (a, b, c) => {
    difference[inBox(plan, a, b, c)] = opened[inBox(seen, a, b, c)];
  });
  if (kept !== undefined) {
    eachVoxel(plan, (a, b, c) => {
      if (mask[at(size, a, b, c)] > 0.5) difference[inBox(plan, a, b, c)] = 1;
    });
  }
  let boxes = coverDense(difference, extent(plan), settings, random).map((box) =>
    shift(
      box,
      map3((n) => plan[n][0]),
    ),
  );
  if (boxes.length === 0) boxes = [around(centre, settings.patchSize)];
  const hull = boxes.reduce(join);
  const cache = state.channels.map((channel, n) => {
    const part = crop(channel, size, hull);
    return n === settings.channels.previous ? part : divide(part, state.intensity);
  });
  const image = crop(state.image, size, hull);
  const hullSize = extent(hull);
  const cachedMask = cache[settings.channels.previous];
  eachVoxel(clip2(seen, hull), (a, b, c) => {
    cachedMask[inBox(hull, a, b, c)] = coarse[inBox(look.box, a, b, c)];
  });
  const found = boxes.map((box) => {
    const local = shift(
      box,
      map3((n) => -hull[n][0]),
    );
    const input = { image: crop(image, hullSize, local), channels: cache.map((part) => crop(part, hullSize, local)) };
    const refined = network(input);
    eachVoxel(box, (a, b, c) => {
      cachedMask[inBox(hull, a, b, c)] = refined[inBox(box, a, b, c)];
    });
    return refined;
  });
  boxes.forEach((box, n) => {
    eachVoxel(clip(box, size), (a, b, c) => {
      mask[at(size, a, b, c)] = found[n][inBox(box, a, b, c)];
    });
  });
  return { zooms, boxes, changed: clip(hull, size) };
}

function bump(state: DenseState): void {
  const { decay, channels } = state.settings;
  if (decay >= 1) return;
  state.intensity *= 1 / decay;
  if (state.intensity <= 65504) return;
  const factor = 6550.4 / state.intensity;
  state.channels.forEach((channel, n) => {
    if (n !== channels.previous) for (let v = 0; v < channel.length; v++) channel[v] = roundToHalf(channel[v] * factor);
  });
  state.intensity = 6550.4;
}

function queueBox(state: DenseState, box: Box): void {
  const p = state.settings.patchSize;
  const zoom = Math.max(1, ...[0, 1, 2].map((n) => (box[n][1] - box[n][0] + Math.floor(p[n] / 3)) / p[n]));
  state.queued = { centre: map3((n) => roundHalfEven((box[n][0] + box[n][1]) / 2)), zoom };
}

function build(state: DenseState, centre: Vec3, zoom: number) {
  const { size, settings } = state;
  const p = settings.patchSize;
  const s = map3((n) => roundHalfEven(p[n] * zoom));
  const box: Box = [0, 1, 2].map((n) => [
    centre[n] - Math.floor(s[n] / 2),
    centre[n] + Math.floor(s[n] / 2) + (s[n] % 2),
  ]) as unknown as Box;
  const same = s.every((length, n) => length === p[n]);
  const { channels, supported } = settings;
  const thick = [...(supported.points ? channels.points! : []), ...(supported.scribble ? channels.scribble! : [])];
  const edge = odd(2 * zoom - 1);
  const fed = state.channels.map((channel, n) => {
    let part = crop(channel, size, box);
    if (!same && part.some((value) => value !== 0)) {
      if (thick.includes(n)) part = window(part, s, (edge - 1) / 2, Math.max);
      part = resizeArea(part, s, p);
    } else if (!same) {
      part = new Float32Array(p[0] * p[1] * p[2]);
    }
    return n === channels.previous ? part : divide(part, state.intensity);
  });
  const cropped = crop(state.image, size, box);
  const mask = crop(state.channels[channels.previous], size, box);
  return {
    box,
    input: { image: same ? cropped : resizeLinear(cropped, s, p), channels: fed },
    nearest: same ? mask : resizeNearest(mask, s, p),
  };
}

function odd(value: number): number {
  if (Math.ceil(value) % 2 === 1) return Math.ceil(value);
  if (Math.floor(value) % 2 === 1) return Math.floor(value);
  return Math.ceil(value) + 1;
}

function divide(values: Float32Array, intensity: number): Float32Array {
  if (intensity === 0 || intensity === 1) return values;
  return values.map((value) => roundToHalf(fround(value / fround(intensity))));
}

function borderChange(prediction: Uint8Array, previous: Float32Array, settings: ModelSettings): boolean {
  const size = settings.patchSize;
  const limits = settings.borderChange;
  return [0, 1, 2].some((axis) =>
    [0, size[axis] - 1].some((side) => {
      const face = [0, 1, 2].map((n) => (n === axis ? [side, side + 1] : [0, size[n]])) as unknown as Box;
      let [before, after, different] = [0, 0, 0];
      eachVoxel(face, (a, b, c) => {
        const n = at(size, a, b, c);
        before += previous[n];
        after += prediction[n];
        if (previous[n] !== prediction[n]) different++;
      });
      const relative = Math.max(before, after) / Math.max(Math.min(before, after), 1e-5) - 1;
      return different > limits.absolute || (different > limits.minimum && relative > limits.relative);
    }),
  );
}

function coverDense(
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

function coverRandom(left: Uint8Array, size: Vec3, settings: ModelSettings, draws: number, random: RandomIndex): Box[] {
  const out: Box[] = [];
  for (;;) {
    const set: Vec3[] = [];
    eachVoxel(
      [
        [0, size[0]],
        [0, size[1]],
        [0, size[2]],
      ],
      (a, b, c) => {
        if (left[at(size, a, b, c)]) set.push([a, b, c]);
      },
    );
    if (set.length === 0) return out;
    const drawn = Array.from({ length: draws }, () => set[random(set.length)]);
    const counts = drawn.map((q) => countIn(left, size, inner(q, size, settings)));
    const best = drawn[counts.indexOf(Math.max(...counts))];
    out.push(around(best, settings.patchSize));
    erase(left, size, inner(best, size, settings));
  }
}

function inner(q: Vec3, size: Vec3, { patchSize, coverMargin }: ModelSettings): Box {
  return [0, 1, 2].map((n) => {
    const h = Math.floor(patchSize[n] / 2);
    return [Math.max(0, q[n] - h + coverMargin), Math.min(size[n], q[n] + patchSize[n] - h - coverMargin)];
  }) as unknown as Box;
}

function around(q: Vec3, p: Vec3): Box {
  return [0, 1, 2].map((n) => [q[n] - Math.floor(p[n] / 2), q[n] - Math.floor(p[n] / 2) + p[n]]) as unknown as Box;
}

function countIn(values: Uint8Array, size: Vec3, box: Box): number {
  let count = 0;
  eachVoxel(box, (a, b, c) => {
    count += values[at(size, a, b, c)];
  });
  return count;
}

function erase(values: Uint8Array, size: Vec3, box: Box): void {
  eachVoxel(box, (a, b, c) => {
    values[at(size, a, b, c)] = 0;
  });
}

/** Least or largest value within `reach` along all axes, of those that exist. */
function window(values: Float32Array, size: Vec3, reach: number, pick: (x: number, y: number) => number): Float32Array {
  let current = values;
  for (let axis = 0; axis < 3; axis++) {
    const next = new Float32Array(values.length);
    const step = axis === 0 ? size[1] * size[2] : axis === 1 ? size[2] : 1;
    eachVoxel(
      [
        [0, size[0]],
        [0, size[1]],
        [0, size[2]],
      ],
      (a, b, c) => {
        const position = [a, b, c][axis];
        const voxel = at(size, a, b, c);
        let value = current[voxel];
        for (let near = -reach; near <= reach; near++) {
          if (position + near >= 0 && position + near < size[axis]) value = pick(value, current[voxel + near * step]);
        }
        next[voxel] = value;
      },
    );
    current = next;
  }
  return current;
}

function resizeArea(values: Float32Array, n: Vec3, m: Vec3): Float32Array {
  const out = new Float32Array(m[0] * m[1] * m[2]);
  eachVoxel(
    [
      [0, m[0]],
      [0, m[1]],
      [0, m[2]],
    ],
    (a, b, c) => {
      const box = [a, b, c].map((d, axis) => [
        Math.floor((d * n[axis]) / m[axis]),
        Math.ceil(((d + 1) * n[axis]) / m[axis]),
      ]) as unknown as Box;
      let sum = 0;
      eachVoxel(box, (x, y, z) => {
        sum = fround(sum + values[at(n, x, y, z)]);
      });
      out[at(m, a, b, c)] = roundToHalf(fround(sum / volume(box)));
    },
  );
  return out;
}

function resizeNearest(values: Float32Array, n: Vec3, m: Vec3): Float32Array {
  const out = new Float32Array(m[0] * m[1] * m[2]);
  const source = (d: number, axis: number) =>
    Math.min(Math.floor(fround(fround(n[axis] / m[axis]) * fround(d))), n[axis] - 1);
  eachVoxel(
    [
      [0, m[0]],
      [0, m[1]],
      [0, m[2]],
    ],
    (a, b, c) => {
      out[at(m, a, b, c)] = values[at(n, source(a, 0), source(b, 1), source(c, 2))];
    },
  );
  return out;
}

function resizeLinear(values: Float32Array, n: Vec3, m: Vec3): Float32Array {
  const out = new Float32Array(m[0] * m[1] * m[2]);
  const source = (d: number, axis: number) => {
    const position = Math.max(0, fround(fround(n[axis] / m[axis]) * (d + 0.5) - 0.5));
    const lower = Math.floor(position);
    const w1 = fround(position - lower);
    return { lower, upper: Math.min(lower + 1, n[axis] - 1), w0: fround(1 - w1), w1 };
  };
  const mix = ({ w0, w1 }: { w0: number; w1: number }, low: number, high: number) =>
    fround(w0 * low + fround(w1 * high));
  const sources = [0, 1, 2].map((axis) => Array.from({ length: m[axis] }, (_, d) => source(d, axis)));
  eachVoxel(
    [
      [0, m[0]],
      [0, m[1]],
      [0, m[2]],
    ],
    (a, b, c) => {
      const [x, y, z] = [sources[0][a], sources[1][b], sources[2][c]];
      const row = (i: number, j: number) => mix(z, values[at(n, i, j, z.lower)], values[at(n, i, j, z.upper)]);
      const plane = (i: number) => mix(y, row(i, y.lower), row(i, y.upper));
      out[at(m, a, b, c)] = mix(x, plane(x.lower), plane(x.upper));
    },
  );
  return out;
}

function crop(values: Float32Array, size: Vec3, box: Box): Float32Array {
  const out = new Float32Array(volume(box));
  const [[a0, a1], [b0, b1], [c0, c1]] = clip(box, size);
  if (c1 <= c0) return out;
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) {
      out.set(values.subarray(at(size, a, b, c0), at(size, a, b, c1)), inBox(box, a, b, c0));
    }
  }
  return out;
}

function nonzeroBox(values: ArrayLike<number>, size: Vec3): Box | undefined {
  const sums = size.map((length) => new Float64Array(length));
  eachVoxel(
    [
      [0, size[0]],
      [0, size[1]],
      [0, size[2]],
    ],
    (a, b, c) => {
      const value = values[at(size, a, b, c)];
      sums[0][a] += value;
      sums[1][b] += value;
      sums[2][c] += value;
    },
  );
  if (sums.some((sum) => sum.every((value) => value === 0))) return undefined;
  return sums.map((sum) => [sum.findIndex((v) => v !== 0), sum.findLastIndex((v) => v !== 0) + 1]) as unknown as Box;
}

function eachVoxel(box: Box, use: (a: number, b: number, c: number) => void): void {
  for (let a = box[0][0]; a < box[0][1]; a++) {
    for (let b = box[1][0]; b < box[1][1]; b++) for (let c = box[2][0]; c < box[2][1]; c++) use(a, b, c);
  }
}

function at(size: Vec3, a: number, b: number, c: number): number {
  return c + size[2] * (b + size[1] * a);
}

function inBox([[a0], [b0, b1], [c0, c1]]: Box, a: number, b: number, c: number): number {
  return c - c0 + (c1 - c0) * (b - b0 + (b1 - b0) * (a - a0));
}

function within(size: Vec3, a: number, b: number, c: number): boolean {
  return a >= 0 && b >= 0 && c >= 0 && a < size[0] && b < size[1] && c < size[2];
}

function extent(box: Box): Vec3 {
  return map3((n) => box[n][1] - box[n][0]);
}

function volume(box: Box): number {
  const [a, b, c] = extent(box);
  return a * b * c;
}

function clip(box: Box, size: Vec3): Box {
  return clip2(box, [
    [0, size[0]],
    [0, size[1]],
    [0, size[2]],
  ]);
}

function clip2(a: Box, b: Box): Box {
  return [0, 1, 2].map((n) => [Math.max(a[n][0], b[n][0]), Math.min(a[n][1], b[n][1])]) as unknown as Box;
}

function join(a: Box, b: Box): Box {
  return [0, 1, 2].map((n) => [Math.min(a[n][0], b[n][0]), Math.max(a[n][1], b[n][1])]) as unknown as Box;
}

function shift(box: Box, by: Vec3): Box {
  return [0, 1, 2].map((n) => [box[n][0] + by[n], box[n][1] + by[n]]) as unknown as Box;
}

function map3(value: (axis: number) => number): Vec3 {
  return [value(0), value(1), value(2)];
}
