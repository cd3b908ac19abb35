import type { Vec3 } from "./box.ts";
import { VolumeError } from "./volume-error.ts";

/** 4×4 matrix, row-major, 16 numbers: voxel index `[i, j, k, 1]` → world `[x, y, z, 1]`, RAS, mm. */
export type Affine = readonly number[];

/** Volume of a voxel over the volume of a box with the same edges below which the edges count as lying in one plane. */
const singularBelow = 1e-6;

/** `a · b`: first `b`, then `a`. */
export function multiplyAffines(a: Affine, b: Affine): Affine {
  const product = new Array<number>(16).fill(0);
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 4; column++) {
      for (let n = 0; n < 4; n++) product[4 * row + column] += a[4 * row + n] * b[4 * n + column];
    }
  }
  return product;
}

/** Determinant of the 3×3 part: mm³ per voxel, negative when the voxel axes are left-handed. */
export function determinant(affine: Affine): number {
  const [a, b, c, , d, e, f, , g, h, i] = affine;
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/**
 * World → voxel.
 *
 * @throws {VolumeError} `bad-affine` when there is no inverse
 */
export function invertAffine(affine: Affine): Affine {
  checkAffine(affine);
  const [a, b, c, x, d, e, f, y, g, h, i, z] = affine;
  const scale = 1 / determinant(affine);
  const rows = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  const inverse: number[] = [];
  for (const row of rows) {
    const [p, q, r] = row.map((value) => value * scale);
    inverse.push(p, q, r, -(p * x + q * y + r * z));
  }
  return [...inverse, 0, 0, 0, 1];
}

/** Whether some voxel axis has no length or lies in the plane of the others (judged relative to their lengths). */
export function isSingular(affine: Affine): boolean {
  const [si, sj, sk] = spacing(affine);
  return !(Math.abs(determinant(affine)) > singularBelow * si * sj * sk);
}

/** @throws {VolumeError} `bad-affine` unless every number is finite and the matrix can be inverted */
export function checkAffine(affine: Affine): void {
  const rows = [0, 4, 8].map((row) => `[${affine.slice(row, row + 4).join(", ")}]`).join(" ");
  if (!affine.every(Number.isFinite)) {
    throw new VolumeError("bad-affine", `The orientation matrix ${rows} has entries that are no finite numbers.`);
  }
  if (isSingular(affine)) {
    throw new VolumeError("bad-affine", `The orientation matrix ${rows} is singular: it gives voxels no volume.`);
  }
}

/** Length of a step along each voxel axis, mm. */
export function spacing(affine: Affine): Vec3 {
  return [columnLength(affine, 0), columnLength(affine, 1), columnLength(affine, 2)];
}

/**
 * Body direction in which each voxel axis grows, nearest first: `"RAS"`, `"LPI"`, …
 *
 * Oblique grids get the assignment of axes to directions that fits best as a whole, so that no direction comes twice.
 */
export function orientation(affine: Affine): string {
  const lengths = spacing(affine);
  const cosine = (world: number, axis: number) => affine[4 * world + axis] / (lengths[axis] || 1);
  let best = axisOrders[0];
  let bestFit = -1;
  for (const order of axisOrders) {
    const fit = order.reduce((sum, world, axis) => sum + Math.abs(cosine(world, axis)), 0);
    // A strict gain, so that exact ties at 45° do not hang on the last bit.
    if (fit > bestFit + 1e-9) {
      best = order;
      bestFit = fit;
    }
  }
  return best.map((world, axis) => directions[world][cosine(world, axis) < 0 ? 1 : 0]).join("");
}

/** Voxel `[i, j, k]`, fractions allowed → `[x, y, z]`, RAS, mm. */
export function voxelToWorld(affine: Affine, voxel: Vec3): Vec3 {
  const [i, j, k] = voxel;
  const [a, b, c, x, d, e, f, y, g, h, l, z] = affine;
  return [a * i + b * j + c * k + x, d * i + e * j + f * k + y, g * i + h * j + l * k + z];
}

/**
 * `[x, y, z]`, RAS, mm → voxel `[i, j, k]`, not rounded. For many points, invert once and use `voxelToWorld` with that.
 *
 * @throws {VolumeError} `bad-affine` when there is no inverse
 */
export function worldToVoxel(affine: Affine, world: Vec3): Vec3 {
  return voxelToWorld(invertAffine(affine), world);
}

/** Voxel → RAS becomes voxel → LPS (DICOM, ITK), and back again: both change the sign of x and y. */
export function rasToLps(affine: Affine): Affine {
  return affine.map((value, index) => (index < 8 ? 0 - value : value));
}

const directions = ["RL", "AP", "SI"];

const axisOrders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

function columnLength(affine: Affine, column: number): number {
  return Math.hypot(affine[column], affine[4 + column], affine[8 + column]);
}
