import { type Box, boxSize, clipBox, isEmptyBox, linearSources, type Vec3 } from "@septum/volume";
import { swapAxes } from "./engine-space.ts";
import { isUnscaled, type PreparedImage } from "./image.ts";
import type { Patch } from "./model.ts";
import type { View } from "./view.ts";

type ImagePart = Pick<Patch, "image" | "mean" | "std">;

const { fround } = Math;

/**
 * The image at full resolution over `box` (engine axes), in the file's values; the network normalises them. Outside the
 * volume it is the mean, which becomes 0.
 */
export function cutImage(image: PreparedImage, box: Box): ImagePart {
  const size = swapAxes(image.volume.size);
  const [d0, d1, d2] = boxSize(box);
  const out = new Float32Array(d0 * d1 * d2);
  const inside = clipBox(box, size);
  if (isEmptyBox(inside) || boxSize(inside).some((length, axis) => length < [d0, d1, d2][axis])) out.fill(image.mean);
  if (!isEmptyBox(inside)) {
    const [[a0, a1], [b0, b1], [c0, c1]] = inside;
    const readRow = valueReader(image);
    for (let a = a0; a < a1; a++) {
      for (let b = b0; b < b1; b++) {
        const to = c0 - box[2][0] + d2 * (b - box[1][0] + d1 * (a - box[0][0]));
        readRow(c0 + size[2] * (b + size[1] * a), c1 - c0, out, to);
      }
    }
  }
  return { image: out, mean: image.mean, std: image.std };
}

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
  const inside = clipBox(view.box, size);
  const [[a0, a1], [b0, b1], [c0, c1]] = inside;
  const [origin0, origin1, origin2] = [view.box[0][0], view.box[1][0], view.box[2][0]];
  const heights = linearSources(view.size[1], p1);
  const widths = linearSources(view.size[2], p2);
  const readRow = valueReader(image);
  const { mean, std } = image;
  const source = new Float32Array(view.size[2]);
  const rows = [
    { index: -1, values: new Float32Array(p2) },
    { index: -1, values: new Float32Array(p2) },
  ];

  const resizeRow = (out: Float32Array, a: number, b: number): void => {
    if (b < b0 || b >= b1) {
      out.fill(0);
      return;
    }
    const from = c0 - origin2;
    readRow(c0 + size[2] * (b + size[1] * a), c1 - c0, source, from);
    const { lower, upper, lowerWeight, upperWeight } = widths;
    const to = c1 - origin2;
    for (let n = 0; n < p2; n++) {
      const [i0, i1] = [lower[n], upper[n]];
      const low = i0 >= from && i0 < to ? fround(fround(source[i0] - mean) / std) : 0;
      const high = i1 >= from && i1 < to ? fround(fround(source[i1] - mean) / std) : 0;
      out[n] = lowerWeight[n] * low + fround(upperWeight[n] * high);
    }
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
    for (const row of rows) row.index = -1;
    for (let b = 0; b < p1; b++) {
      const [lower, upper] = [heights.lower[b], heights.upper[b]];
      const first = rows.find((row) => row.index === lower) ?? rows.find((row) => row.index !== upper)!;
      const second = lower === upper ? first : rows.find((row) => row !== first)!;
      for (const [row, wanted] of [
        [first, lower],
        [second, upper],
      ] as const) {
        if (row.index !== wanted) resizeRow(row.values, a, wanted + origin1);
        row.index = wanted;
      }
      blend(first.values, second.values, heights.lowerWeight[b], heights.upperWeight[b], plane.values, b * p2);
    }
  };
}

function blend(low: Float32Array, high: Float32Array, w0: number, w1: number, out: Float32Array, at: number): void {
  for (let n = 0; n < low.length; n++) out[at + n] = w0 * low[n] + fround(w1 * high[n]);
}

type RowReader = (from: number, count: number, out: Float32Array, at: number) => void;

/** Reads stored voxels as values. Rounds to float32 by writing into `out`. */
function valueReader(image: PreparedImage): RowReader {
  const { data, scaling } = image.volume;
  const { slope, intercept } = scaling;
  if (isUnscaled(image.volume)) {
    return (from, count, out, at) => {
      for (let n = 0; n < count; n++) out[at + n] = data[from + n];
    };
  }
  return (from, count, out, at) => {
    for (let n = 0; n < count; n++) out[at + n] = slope * data[from + n] + intercept;
  };
}

/** Axis lengths of an image in engine axes. */
export function engineSize(image: PreparedImage): Vec3 {
  return swapAxes(image.volume.size);
}
