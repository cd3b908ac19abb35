import type { Box, Vec3 } from "@septum/volume";

// Boxes and C-ordered arrays of the dense reference, written without a thought for speed.

export function eachVoxel(box: Box, use: (a: number, b: number, c: number) => void): void {
  for (let a = box[0][0]; a < box[0][1]; a++) {
    for (let b = box[1][0]; b < box[1][1]; b++) for (let c = box[2][0]; c < box[2][1]; c++) use(a, b, c);
  }
}

export function at(size: Vec3, a: number, b: number, c: number): number {
  return c + size[2] * (b + size[1] * a);
}

export function inBox([[a0], [b0, b1], [c0, c1]]: Box, a: number, b: number, c: number): number {
  return c - c0 + (c1 - c0) * (b - b0 + (b1 - b0) * (a - a0));
}

export function within(size: Vec3, a: number, b: number, c: number): boolean {
  return a >= 0 && b >= 0 && c >= 0 && a < size[0] && b < size[1] && c < size[2];
}

export function extent(box: Box): Vec3 {
  return map3((n) => box[n][1] - box[n][0]);
}

export function volume(box: Box): number {
  const [a, b, c] = extent(box);
  return a * b * c;
}

export function clip(box: Box, size: Vec3): Box {
  return clip2(box, whole(size));
}

export function clip2(a: Box, b: Box): Box {
  return [0, 1, 2].map((n) => [Math.max(a[n][0], b[n][0]), Math.min(a[n][1], b[n][1])]) as unknown as Box;
}

export function join(a: Box, b: Box): Box {
  return [0, 1, 2].map((n) => [Math.min(a[n][0], b[n][0]), Math.max(a[n][1], b[n][1])]) as unknown as Box;
}

export function shift(box: Box, by: Vec3): Box {
  return [0, 1, 2].map((n) => [box[n][0] + by[n], box[n][1] + by[n]]) as unknown as Box;
}

export function around(q: Vec3, p: Vec3): Box {
  return [0, 1, 2].map((n) => [q[n] - Math.floor(p[n] / 2), q[n] - Math.floor(p[n] / 2) + p[n]]) as unknown as Box;
}

/** All voxels of a volume of `size`. */
export function whole(size: Vec3): Box {
  return [
    [0, size[0]],
    [0, size[1]],
    [0, size[2]],
  ];
}

export function nonzeroBox(values: ArrayLike<number>, size: Vec3): Box | undefined {
  const sums = size.map((length) => new Float64Array(length));
  eachVoxel(whole(size), (a, b, c) => {
    const value = values[at(size, a, b, c)];
    sums[0][a] += value;
    sums[1][b] += value;
    sums[2][c] += value;
  });
  if (sums.some((sum) => sum.every((value) => value === 0))) return undefined;
  return sums.map((sum) => [sum.findIndex((v) => v !== 0), sum.findLastIndex((v) => v !== 0) + 1]) as unknown as Box;
}

export function crop(values: Float32Array, size: Vec3, box: Box): Float32Array {
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

export function map3(value: (axis: number) => number): Vec3 {
  return [value(0), value(1), value(2)];
}
