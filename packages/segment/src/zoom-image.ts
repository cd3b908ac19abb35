import { clipBox, type LinearSources, linearSources, type Range, type Vec3 } from "@septum/volume";
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
  let first = planeBuffer(p1 * p2);
  let second = planeBuffer(p1 * p2);
  const out = new Float32Array(p0 * p1 * p2);
  for (let a = 0; a < p0; a++) {
    const [lower, upper] = [depth.lower[a], depth.upper[a]];
    // A plane may be needed twice running: keep the one that is still of use.
    if (first.index !== lower && (second.index === lower || first.index === upper)) [first, second] = [second, first];
    resizePlane(first, lower);
    resizePlane(second, upper);
    if (first.empty && second.empty) continue;
    blend(first.values, 0, second.values, 0, depth.lowerWeight[a], depth.upperWeight[a], out, a * p1 * p2, p1 * p2);
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
  const [origin0, origin1] = [view.box[0][0], view.box[1][0]];
  const { lower, upper, lowerWeight, upperWeight } = linearSources(view.size[1], p1);
  const used = [...new Set([...lower, ...upper])];
  const resizeRow = rowResizer(image, view, size);
  const rows = new Float32Array(view.size[1] * p2);

  return (plane, index) => {
    if (plane.index === index) return;
    plane.index = index;
    const a = index + origin0;
    plane.empty = a < a0 || a >= a1;
    if (plane.empty) return void plane.values.fill(0);
    for (const row of used) {
      const b = row + origin1;
      if (b < b0 || b >= b1) rows.fill(0, row * p2, (row + 1) * p2);
      else resizeRow(a, b, rows, row * p2);
    }
    for (let b = 0; b < p1; b++) {
      blend(rows, lower[b] * p2, rows, upper[b] * p2, lowerWeight[b], upperWeight[b], plane.values, b * p2, p2);
    }
  };
}

/** Normalises and resizes one row of the volume. */
function rowResizer(
  image: PreparedImage,
  view: View,
  size: Vec3,
): (a: number, b: number, out: Float32Array, at: number) => void {
  const { data } = image.volume;
  const p2 = view.patchSize[2];
  const origin = view.box[2][0];
  const columns = linearSources(view.size[2], p2);
  const inside: Range = [-origin, size[2] - origin];
  const [from, to] = pairsWithin(columns, inside);
  const atEdges = Array.from({ length: p2 }, (_, n) => n).filter((n) => n < from || n >= to);
  const table = normalisedTable(image);
  const padded = (row: number, column: number): number =>
    column < inside[0] || column >= inside[1] ? 0 : normalise(image, data[row + column]);

  return (a, b, out, at) => {
    // Where column 0 of the view would be stored.
    const row = size[2] * (b + size[1] * a) + origin;
    if (table !== undefined) blendLookedUp(data, row, table, columns, from, to, out, at);
    else blendNormalised(image, row, columns, from, to, out, at);
    for (const n of atEdges) {
      const low = padded(row, columns.lower[n]);
      const high = padded(row, columns.upper[n]);
      out[at + n] = columns.lowerWeight[n] * low + fround(columns.upperWeight[n] * high);
    }
  };
}

/** Which samples, `[from, to)`, lie between two neighbours that are both in `inside`. */
function pairsWithin({ lower, upper }: LinearSources, inside: Range): Range {
  const plain = (n: number): boolean => upper[n] === lower[n] + 1 && lower[n] >= inside[0] && upper[n] < inside[1];
  let from = 0;
  while (from < lower.length && !plain(from)) from++;
  let to = from;
  while (to < lower.length && plain(to)) to++;
  return [from, to];
}

/** `(value - mean) / std`, each step rounded to float32 (spec §4.4). */
function normalise({ volume, mean, std }: PreparedImage, stored: number): number {
  return fround(fround(scaledValue(volume, stored) - mean) / std);
}

const tables = new WeakMap<PreparedImage, Float32Array>();

/**
 * By the lowest 16 bits of a stored number its normalised value; undefined for wider numbers. Voxels of 8 or 16 bits have
 * few different values: looking them up is faster than dividing.
 */
function normalisedTable(image: PreparedImage): Float32Array | undefined {
  const { data } = image.volume;
  if (data.BYTES_PER_ELEMENT > 2) return undefined;
  let table = tables.get(image);
  if (table === undefined) {
    const signed = data instanceof Int16Array || data instanceof Int8Array;
    table = new Float32Array(65536).map((_, code) => normalise(image, signed && code > 32767 ? code - 65536 : code));
    tables.set(image, table);
  }
  return table;
}

// The innermost loops: nothing in them but arrays, so that they are compiled once and stay so. Two of them differ only in how a
// voxel is read: one loop over rows that are normalised before took half as long again.

function blendLookedUp(
  data: PreparedImage["volume"]["data"],
  row: number,
  table: Float32Array,
  { lower, lowerWeight, upperWeight }: LinearSources,
  from: number,
  to: number,
  out: Float32Array,
  at: number,
): void {
  for (let n = from; n < to; n++) {
    const source = row + lower[n];
    const low = table[data[source] & 0xffff];
    const high = table[data[source + 1] & 0xffff];
    out[at + n] = lowerWeight[n] * low + fround(upperWeight[n] * high);
  }
}

function blendNormalised(
  image: PreparedImage,
  row: number,
  { lower, lowerWeight, upperWeight }: LinearSources,
  from: number,
  to: number,
  out: Float32Array,
  at: number,
): void {
  const { data } = image.volume;
  for (let n = from; n < to; n++) {
    const source = row + lower[n];
    const low = normalise(image, data[source]);
    const high = normalise(image, data[source + 1]);
    out[at + n] = lowerWeight[n] * low + fround(upperWeight[n] * high);
  }
}

function blend(
  low: Float32Array,
  lowAt: number,
  high: Float32Array,
  highAt: number,
  w0: number,
  w1: number,
  out: Float32Array,
  at: number,
  count: number,
): void {
  for (let n = 0; n < count; n++) out[at + n] = w0 * low[lowAt + n] + fround(w1 * high[highAt + n]);
}
