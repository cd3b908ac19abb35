import type { Vec3 } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  boxToDisplay,
  displayGrid,
  displaySize,
  displayToFraction,
  displayToVoxel,
  fractionToDisplay,
  fractionToVoxel,
  gridOf,
  voxelToDisplay,
  voxelToFraction,
} from "./grid.ts";

const permutations = [
  [1, 2, 3],
  [-1, -2, 3],
  [2, -3, 1],
  [-3, 1, -2],
];
const size: Vec3 = [5, 7, 3];

test("an unturned volume is displayed as it is stored", () => {
  const grid = displayGrid(size, [1, 2, 3]);
  expect(displaySize(grid)).toEqual([5, 7, 3]);
  expect(voxelToDisplay(grid, [4, 1, 2])).toEqual([4, 1, 2]);
});

test("an LPS volume is mirrored along its first two axes", () => {
  const grid = displayGrid(size, [-1, -2, 3]);
  expect(voxelToDisplay(grid, [0, 0, 1])).toEqual([4, 6, 1]);
});

test("a volume stored slice by slice from the side is turned by whole axes", () => {
  // x runs along j, y against k, z along i.
  const grid = displayGrid(size, [2, -3, 1]);
  expect(displaySize(grid)).toEqual([7, 3, 5]);
  expect(voxelToDisplay(grid, [4, 1, 0])).toEqual([1, 2, 4]);
});

test("going to the display and back gives the same voxel, for every orientation", () => {
  const voxel = fc.tuple(fc.nat(4), fc.nat(6), fc.nat(2));
  fc.assert(
    fc.property(fc.constantFrom(...permutations), voxel, (permutation, place) => {
      const grid = displayGrid(size, permutation);
      expect(displayToVoxel(grid, voxelToDisplay(grid, place))).toEqual(place);
    }),
  );
});

test("a box covers the same voxels on the display", () => {
  const grid = displayGrid(size, [2, -3, 1]);
  expect(
    boxToDisplay(grid, [
      [1, 3],
      [2, 7],
      [0, 1],
    ]),
  ).toEqual([
    [2, 7],
    [2, 3],
    [1, 3],
  ]);
});

test("a place on the last face belongs to the last voxel", () => {
  const grid = displayGrid(size, [1, 2, 3]);
  expect(fractionToDisplay(grid, [1, 0, 0.5])).toEqual([4, 0, 1]);
  expect(fractionToDisplay(grid, displayToFraction(grid, [3, 6, 2]))).toEqual([3, 6, 2]);
});

test("the body directions of i, j and k say how a volume is turned", () => {
  expect(gridOf(size, "RAS")).toEqual(displayGrid(size, [1, 2, 3]));
  expect(gridOf(size, "LPS")).toEqual(displayGrid(size, [-1, -2, 3]));
  // i towards the feet, j to the right, k forwards.
  expect(gridOf(size, "IRA")).toEqual(displayGrid(size, [2, 3, -1]));
});

test("places between voxel centres go to the display and back unchanged", () => {
  const part = fc.double({ min: -3, max: 9, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(...permutations), fc.tuple(part, part, part), (permutation, place) => {
      const grid = displayGrid(size, permutation);
      const back = fractionToVoxel(grid, voxelToFraction(grid, place));
      for (const axis of [0, 1, 2]) expect(back[axis]).toBeCloseTo(place[axis], 9);
    }),
  );
});
