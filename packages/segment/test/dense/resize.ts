import { type Box, roundToHalf, type Vec3 } from "@septum/volume";
import { at, eachVoxel, volume, whole } from "./boxes.ts";

const { fround } = Math;

/** Least or largest value within `reach` along all axes, of those that exist. */
export function window(
  values: Float32Array,
  size: Vec3,
  reach: Vec3,
  pick: (x: number, y: number) => number,
): Float32Array {
  let current = values;
  for (let axis = 0; axis < 3; axis++) {
    const next = new Float32Array(values.length);
    const step = axis === 0 ? size[1] * size[2] : axis === 1 ? size[2] : 1;
    eachVoxel(whole(size), (a, b, c) => {
      const position = [a, b, c][axis];
      const voxel = at(size, a, b, c);
      let value = current[voxel];
      for (let near = -reach[axis]; near <= reach[axis]; near++) {
        if (position + near >= 0 && position + near < size[axis]) value = pick(value, current[voxel + near * step]);
      }
      next[voxel] = value;
    });
    current = next;
  }
  return current;
}

export function resizeArea(values: Float32Array, n: Vec3, m: Vec3): Float32Array {
  const out = new Float32Array(m[0] * m[1] * m[2]);
  eachVoxel(whole(m), (a, b, c) => {
    const box = [a, b, c].map((d, axis) => [
      Math.floor((d * n[axis]) / m[axis]),
      Math.ceil(((d + 1) * n[axis]) / m[axis]),
    ]) as unknown as Box;
    let sum = 0;
    eachVoxel(box, (x, y, z) => {
      sum = fround(sum + values[at(n, x, y, z)]);
    });
    out[at(m, a, b, c)] = roundToHalf(fround(sum / volume(box)));
  });
  return out;
}

export function resizeNearest(values: Float32Array, n: Vec3, m: Vec3): Float32Array {
  const out = new Float32Array(m[0] * m[1] * m[2]);
  const source = (d: number, axis: number) =>
    Math.min(Math.floor(fround(fround(n[axis] / m[axis]) * fround(d))), n[axis] - 1);
  eachVoxel(whole(m), (a, b, c) => {
    out[at(m, a, b, c)] = values[at(n, source(a, 0), source(b, 1), source(c, 2))];
  });
  return out;
}

export function resizeLinear(values: Float32Array, n: Vec3, m: Vec3): Float32Array {
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
  eachVoxel(whole(m), (a, b, c) => {
    const [x, y, z] = [sources[0][a], sources[1][b], sources[2][c]];
    const row = (i: number, j: number) => mix(z, values[at(n, i, j, z.lower)], values[at(n, i, j, z.upper)]);
    const plane = (i: number) => mix(y, row(i, y.lower), row(i, y.upper));
    out[at(m, a, b, c)] = mix(x, plane(x.lower), plane(x.upper));
  });
  return out;
}
