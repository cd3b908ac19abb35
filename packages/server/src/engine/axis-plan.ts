import { type Affine, invertAffine, multiplyAffines, type Vec3 } from "@septum/volume";
import { sameGrid } from "./same-grid.ts";

interface Grid {
  readonly size: Vec3;
  readonly affine: Affine;
}

/** Where a file has the voxel `[i, j, k]` of an image: at `start + i * strides[0] + j * strides[1] + k * strides[2]`. */
export interface AxisPlan {
  readonly start: number;
  readonly strides: Vec3;
}

/**
 * How to read a file on the grid of an image, when they differ in the order and direction of their axes at most: no voxel is
 * made up. Undefined when they lie elsewhere.
 */
export function planAxes(file: Grid, image: Grid): AxisPlan | undefined {
  const turn = multiplyAffines(invertAffine(file.affine), image.affine).map(Math.round);
  const ownStrides = [1, file.size[0], file.size[0] * file.size[1]];
  const strides: [number, number, number] = [0, 0, 0];
  const exact = new Array<number>(16).fill(0);
  exact[15] = 1;
  let start = 0;
  for (let own = 0; own < 3; own++) {
    const row = turn.slice(4 * own, 4 * own + 3);
    const axis = row.findIndex((step) => step !== 0);
    if (axis < 0 || row.some((step, n) => Math.abs(step) !== (n === axis ? 1 : 0)) || strides[axis] !== 0)
      return undefined;
    exact[4 * own + axis] = row[axis];
    strides[axis] = row[axis] * ownStrides[own];
    if (row[axis] > 0) continue;
    exact[4 * own + 3] = file.size[own] - 1;
    start += (file.size[own] - 1) * ownStrides[own];
  }
  const size = [0, 1, 2].map((axis) => file.size[[0, 1, 2].findIndex((own) => exact[4 * own + axis] !== 0)]);
  const turned: Grid = { size: [size[0], size[1], size[2]], affine: multiplyAffines(file.affine, exact) };
  return sameGrid(turned, image) ? { start, strides } : undefined;
}
