import { clipBox, type LinearSources, linearSources, type Range } from "@septum/volume";
import type { ImagePart } from "./cut-image.ts";
import { swapAxes } from "./engine-space.ts";
import type { PreparedImage } from "./image.ts";
import { scaledValue } from "./image-statistics.ts";
import type { View } from "./view.ts";

const { fround } = Math;

/**
 * The normalised image over a zoomed view, trilinear, straight from the full-resolution voxels (spec §6.3); outside the
 * volume it is 0. Each plane of the volume is resized once in its own two axes, then neighbouring planes are blended.
 *
 * Every blend is `fl32(w0 * a + fl32(w1 * b))` with the first product unrounded, innermost axis first.
 */
export function zoomImage(image: PreparedImage, view: View): ImagePart {
  const [p0, p1, p2] = view.patchSize;
  const depth = linearSources(view.size[0], p0);
  const resizePlane = planeResizer(image, view);
  const planes = [planeBuffer(p1 * p2), planeBuffer(p1 * p2)];
  const out = new Float32Array(p0 * p1 * p2);
  for (let a = 0; a < p0; a++) {
    const [lower, upper] = [depth.lower[a], depth.upper[a]];
    // Where views overlap, a plane is needed twice running: keep the one that is still of use.
    const first = planes.find((plane) => plane.index === lower) ?? planes.find((plane) => plane.index !== upper)!;
    resizePlane(first, lower);
    const second = lower === upper ? first : planes.find((plane) => plane !== first)!;
    resizePlane(second, upper);
    if (first.empty && second.empty) continue;
    blend(first.values, second.values, depth.lowerWeight[a], depth.upperWeight[a], out, a * p1 * p2);
  }
  return { image: out, mean: 0, std: 1 };
}

/** One plane of the view at the patch's size. */
interface Plane {
  index: number;
  empty: boolean;
  readonly values: Float32Array<ArrayBuffer>;
}

function planeBuffer(length: number): Plane {
  return { index: -1, empty: true, values: new Float32Array(length) };
}

function planeResizer(image: PreparedImage, view: View): (plane: Plane, index: number) => void {
  const [, p1, p2] = view.patchSize;
  const size = swapAxes(image.volume.size);
  const [[a0, a1], [b0, b1]] = clipBox(view.box, size);
  const [origin0, origin1, origin2] = [view.box[0][0], view.box[1][0], view.box[2][0]];
  const heights = linearSources(view.size[1], p1);
  const columns = columnSources(view, size[2]);
  const table = normalisedTable(image);
  const rows = [
    { index: -1, values: new Float32Array(p2) },
    { index: -1, values: new Float32Array(p2) },
  ];
  const resizeRow = (out: Float32Array, a: number, b: number): void => {
    if (b < b0 || b >= b1) out.fill(0);
    else blendColumns(image, table, size[2] * (b + size[1] * a) + origin2, columns, out);
  };

  return (plane, index) => {
    if (plane.index === index) return;
    plane.index = index;
    const a = index + origin0;
    plane.empty = a < a0 || a >= a1;
    if (plane.empty) {
      plane.values.fill(0);
      return;
    }
    let [first, second] = rows;
    first.index = second.index = -1;
    for (let b = 0; b < p1; b++) {
      const low = heights.lower[b];
      const high = heights.upper[b];
      if (first.index !== low && (second.index === low || first.index === high)) [first, second] = [second, first];
      if (first.index !== low) resizeRow(first.values, a, low + origin1);
      if (second.index !== high) resizeRow(second.values, a, high + origin1);
      first.index = low;
      second.index = high;
      blend(first.values, second.values, heights.lowerWeight[b], heights.upperWeight[b], plane.values, b * p2);
    }
  };
}

/** Where the columns of a patch come from, and which of them, `[from, to)`, need nothing from outside the volume. */
interface Columns extends LinearSources {
  readonly from: number;
  readonly to: number;
  /** Which source columns lie in the volume. */
  readonly inside: Range;
}

function columnSources(view: View, length: number): Columns {
  const sources = linearSources(view.size[2], view.patchSize[2]);
  const inside: Range = [-view.box[2][0], length - view.box[2][0]];
  let from = 0;
  while (from < view.patchSize[2] && sources.lower[from] < inside[0]) from++;
  let to = view.patchSize[2];
  while (to > from && sources.upper[to - 1] >= inside[1]) to--;
  return { ...sources, from, to, inside };
}

/** One row of the volume, normalised and resized. `row` is where source column 0 would be stored. */
function blendColumns(image: PreparedImage, table: Normalised, row: number, columns: Columns, out: Float32Array): void {
  const { data } = image.volume;
  const { lower, upper, lowerWeight, upperWeight, from, to, inside } = columns;
  if (table !== undefined) {
    for (let n = from; n < to; n++) {
      const low = table[data[row + lower[n]] & 0xffff];
      const high = table[data[row + upper[n]] & 0xffff];
      out[n] = lowerWeight[n] * low + fround(upperWeight[n] * high);
    }
  } else {
    for (let n = from; n < to; n++) {
      const low = normalise(image, data[row + lower[n]]);
      const high = normalise(image, data[row + upper[n]]);
      out[n] = lowerWeight[n] * low + fround(upperWeight[n] * high);
    }
  }
  const padded = (column: number): number =>
    column < inside[0] || column >= inside[1] ? 0 : normalise(image, data[row + column]);
  const edge = (n: number): void => {
    out[n] = lowerWeight[n] * padded(lower[n]) + fround(upperWeight[n] * padded(upper[n]));
  };
  for (let n = 0; n < from; n++) edge(n);
  for (let n = to; n < out.length; n++) edge(n);
}

/** `(value - mean) / std`, each step rounded to float32 (spec §4.4). */
function normalise({ volume, mean, std }: PreparedImage, stored: number): number {
  return fround(fround(scaledValue(volume, stored) - mean) / std);
}

/** By the lowest 16 bits of a stored number its normalised value; undefined for wider numbers. */
type Normalised = Float32Array | undefined;

/** Voxels of 8 or 16 bits have few different values: looking them up is faster than dividing. */
function normalisedTable(image: PreparedImage): Normalised {
  const { data } = image.volume;
  if (data.BYTES_PER_ELEMENT > 2) return undefined;
  const signed = data instanceof Int16Array || data instanceof Int8Array;
  return new Float32Array(65536).map((_, code) => normalise(image, signed && code > 32767 ? code - 65536 : code));
}

function blend(low: Float32Array, high: Float32Array, w0: number, w1: number, out: Float32Array, at: number): void {
  for (let n = 0; n < low.length; n++) out[at + n] = w0 * low[n] + fround(w1 * high[n]);
}
