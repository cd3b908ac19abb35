import { type Box, roundHalfEven, roundToHalf, type Vec3 } from "@septum/volume";
import type { DenseState } from "../dense-reference.ts";
import { at, eachVoxel, extent, map3, nonzeroBox, within } from "./boxes.ts";

export function densePoint(state: DenseState, point: Vec3, positive: boolean): void {
  const { settings, size } = state;
  const r = settings.pointRadius;
  const centre = map3((axis) => roundHalfEven(point[axis]));
  state.queued = { centre, zoom: 1 };
  state.waiting.push([0, 0, 0]);
  state.point = { centre, positive };
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
  state.begun = box !== undefined;
  state.waiting = [];
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
  state.waiting.push(extent(box));
  state.point = undefined;
}
