import type { Box, Vec3 } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { displayGrid, displaySize, voxelToDisplay } from "./grid.ts";
import { countLabels, cutLabels, writeLabels } from "./label-map.ts";

const size: Vec3 = [4, 3, 5];
const permutations = [
  [1, 2, 3],
  [-1, -2, 3],
  [2, -3, 1],
  [-3, 1, -2],
];

/** What `writeLabels` must do, voxel by voxel. */
function written(permutation: readonly number[], box: Box, labels: readonly number[]): Uint8Array {
  const grid = displayGrid(size, permutation);
  const [nx, ny, nz] = displaySize(grid);
  const map = new Uint8Array(nx * ny * nz).fill(9);
  let index = 0;
  for (let k = box[2][0]; k < box[2][1]; k++)
    for (let j = box[1][0]; j < box[1][1]; j++)
      for (let i = box[0][0]; i < box[0][1]; i++) {
        const [x, y, z] = voxelToDisplay(grid, [i, j, k]);
        map[x + nx * (y + ny * z)] = labels[index++];
      }
  return map;
}

const range = (n: number) =>
  fc.tuple(fc.nat(n - 1), fc.nat(n - 1)).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);

test("labels of any box land on their voxels in any orientation, and nowhere else", () => {
  const box = fc.tuple(range(4), range(3), range(5));
  fc.assert(
    fc.property(fc.constantFrom(...permutations), box, (permutation, where) => {
      const grid = displayGrid(size, permutation);
      const voxels = where.reduce((count, [lo, hi]) => count * (hi - lo), 1);
      const labels = Array.from({ length: voxels }, (_, index) => (index % 200) + 10);
      const map = new Uint8Array(60).fill(9);
      const changed = writeLabels(map, grid, where, labels);
      expect(map).toEqual(written(permutation, where, labels));
      // Cut out again, the changed box holds all that was written and nothing of what was there before.
      expect([...cutLabels(map, grid, changed)].sort()).toEqual([...labels].sort());
    }),
  );
});

test("a label value above 255 takes the colours from 1 again, and never becomes background", () => {
  const map = new Uint8Array(2);
  const box: Box = [
    [0, 2],
    [0, 1],
    [0, 1],
  ];
  writeLabels(map, displayGrid([2, 1, 1], [1, 2, 3]), box, Uint16Array.of(256, 511));
  expect([...map]).toEqual([1, 1]);
});

test("counting labels counts background too", () => {
  const counts = countLabels(Uint8Array.of(0, 3, 3, 0, 255));
  expect([counts[0], counts[3], counts[255]]).toEqual([2, 2, 1]);
});
