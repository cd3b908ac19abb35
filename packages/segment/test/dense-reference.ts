import { type Box, roundHalfEven, roundToHalf, type Vec3 } from "@septum/volume";
import type { ModelSettings } from "../src/model.ts";
import {
  around,
  at,
  clip,
  clip2,
  crop,
  eachVoxel,
  extent,
  inBox,
  join,
  map3,
  nonzeroBox,
  shift,
  volume,
} from "./dense/boxes.ts";
import { coverDense, type RandomIndex } from "./dense/cover.ts";
import { heed, limit } from "./dense/own-rules.ts";
import { resizeArea, resizeLinear, resizeNearest, window } from "./dense/resize.ts";

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
  /** Whether all began with a mask. */
  begun?: boolean;
  /** The newest prompt, where it is a point. */
  point?: { centre: Vec3; positive: boolean };
  /** Edges in voxels of the drawings that wait to be predicted; zeros for a point. */
  waiting: Vec3[];
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
  return { size, image, channels, settings, intensity: 1, waiting: [] };
}

/** A prediction, and what is not in the spec: how far a prompt reaches in a mask to begin with, and that points are heeded. */
export function densePredict(...call: Parameters<typeof predict>): DenseResult | undefined {
  const [state, , , options] = call;
  const spacing: Vec3 = options.spacing ?? [1, 1, 1];
  const { queued, waiting, settings } = state;
  const before = state.channels[settings.channels.previous].slice();
  const result = predict(...call);
  state.waiting = [];
  if (!queued) return result;
  if (settings.reach && state.begun && waiting.length === 1) limit(state, before, queued.centre, waiting[0], spacing);
  const ball = settings.heedsPoints && state.point ? heed(state, state.point, spacing) : undefined;
  // The point may lie outside all that was looked at closely.
  return result && ball ? { ...result, changed: join(result.changed, ball) } : result;
}

function predict(
  state: DenseState,
  network: Network,
  random: RandomIndex,
  options: { autozoom: boolean; forceFullRefine: boolean; leastZoom?: number; spacing?: Vec3 },
): DenseResult | undefined {
  if (state.queued === undefined) return undefined;
  const { size, settings } = state;
  const { centre } = state.queued;
  const mask = state.channels[settings.channels.previous];
  const asked = Math.min(4, state.queued.zoom);
  let zoom = Math.min(4, Math.max(asked, options.leastZoom ?? 1));
  // An axis is zoomed less than the finest by as much as its voxels are longer, but never less than the prompt asks for.
  const spacing = options.spacing ?? [1, 1, 1];
  const zoomsAt = (zoom: number) => map3((n) => Math.max(asked, zoom / (spacing[n] / Math.min(...spacing))));
  state.queued = undefined;
  const zooms: number[] = [];
  let look = build(state, centre, zoomsAt(zoom));
  let prediction = network(look.input);
  zooms.push(zoom);
  while (options.autozoom && zoom < 4 && borderChange(prediction, look.nearest, settings)) {
    zoom = Math.min(4, zoom * 1.5);
    look = build(state, centre, zoomsAt(zoom));
    prediction = network(look.input);
    zooms.push(zoom);
  }
  const seen = clip(look.box, size);
  if (zoom === 1) {
    const write = () =>
      eachVoxel(seen, (a, b, c) => {
        mask[at(size, a, b, c)] = prediction[inBox(look.box, a, b, c)];
      });
    write();
    if (!settings.secondLook) return { zooms, boxes: [], changed: seen };
    prediction = network(build(state, centre, [1, 1, 1]).input);
    write();
    return { zooms, boxes: [look.box], changed: seen };
  }
  const scaled = extent(look.box);
  const coarse = resizeLinear(Float32Array.from(prediction), settings.patchSize, scaled).map((v) => (v >= 0.5 ? 1 : 0));
  const kept = options.forceFullRefine ? nonzeroBox(mask, size) : undefined;
  const plan = kept === undefined ? seen : join(seen, kept);
  const inSeen = new Float32Array(volume(seen));
  eachVoxel(seen, (a, b, c) => {
    inSeen[inBox(seen, a, b, c)] = coarse[inBox(look.box, a, b, c)] === mask[at(size, a, b, c)] ? 0 : 1;
  });
  const opened = window(window(inSeen, extent(seen), [2, 2, 2], Math.min), extent(seen), [2, 2, 2], Math.max);
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

function build(state: DenseState, centre: Vec3, zooms: Vec3) {
  const { size, settings } = state;
  const p = settings.patchSize;
  const s = map3((n) => roundHalfEven(p[n] * zooms[n]));
  const box: Box = [0, 1, 2].map((n) => [
    centre[n] - Math.floor(s[n] / 2),
    centre[n] + Math.floor(s[n] / 2) + (s[n] % 2),
  ]) as unknown as Box;
  const same = s.every((length, n) => length === p[n]);
  const { channels, supported } = settings;
  const thick = [...(supported.points ? channels.points! : []), ...(supported.scribble ? channels.scribble! : [])];
  const reach = map3((n) => (odd(2 * zooms[n] - 1) - 1) / 2);
  const fed = state.channels.map((channel, n) => {
    let part = crop(channel, size, box);
    if (!same && part.some((value) => value !== 0)) {
      if (thick.includes(n)) part = window(part, s, reach, Math.max);
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
