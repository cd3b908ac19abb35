import type { Vec3 } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { grids } from "../tools/testing.ts";
import { voxelToDisplay } from "./grid.ts";
import { createLabelMap } from "./labels/label-map.ts";
import { planeNames, planes } from "./planes.ts";
import { slicePresence } from "./presence-map.ts";

const everything = () => true;

test("a segment is on the slices that its voxels are shown on, in every grid", () => {
  const share = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(grids, fc.constantFrom(...planeNames), fc.tuple(share, share, share), (grid, plane, shares) => {
      const along = (d: 0 | 1 | 2) => Math.floor(shares[d] * grid.size[d]);
      const voxel: Vec3 = [along(0), along(1), along(2)];
      const map = createLabelMap(grid.size);
      map.set(...voxel, 5);
      const { active, others } = slicePresence(map.tallies.byLabel, grid, plane, 5, everything);
      const slice = voxelToDisplay(grid, voxel)[planes[plane].along];
      expect([...active.keys()].filter((n) => active[n] > 0)).toEqual([slice]);
      expect(others.every((label) => label === 0)).toBe(true);
    }),
  );
});

test("of the other segments the largest on a slice is told, and none that is hidden", () => {
  const map = createLabelMap([2, 2, 2]);
  for (const [i, j, k, label] of [
    [0, 0, 0, 1],
    [1, 0, 0, 2],
    [1, 1, 0, 2],
    [0, 0, 1, 1],
    [1, 1, 1, 3],
  ] as const) {
    map.set(i, j, k, label);
  }
  const grid = { size: [2, 2, 2] as const, axis: [0, 1, 2] as const, flip: [false, false, false] as const };
  const { active, others } = slicePresence(map.tallies.byLabel, grid, "axial", 3, (label) => label !== 1);
  expect([...active]).toEqual([0, 1]);
  expect([...others]).toEqual([2, 0]);
});
