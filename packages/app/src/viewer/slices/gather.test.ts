import type { Box, Vec3 } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { grids } from "../../tools/testing.ts";
import { boxToDisplay, displaySize, displayToVoxel } from "../grid.ts";
import { gatherLayer } from "../labels/layer.ts";
import { planeNames, planes } from "../planes.ts";
import { gatherSlice, regionOf, sliceSize, wholeSlice } from "./gather.ts";

const share = fc.double({ min: 0, max: 0.999, noNaN: true });

test("a slice holds the voxels of its plane as they are shown, in every grid", () => {
  fc.assert(
    fc.property(grids, fc.constantFrom(...planeNames), share, (grid, plane, depth) => {
      const [ni, nj, nk] = grid.size;
      const data = Float32Array.from({ length: ni * nj * nk }, (_, n) => n);
      const { across, up, along } = planes[plane];
      const slice = Math.floor(depth * displaySize(grid)[along]);
      const [columns, rows] = sliceSize(grid, plane);
      const out = new Float32Array(columns * rows);
      gatherSlice(data, grid, plane, slice, wholeSlice(grid, plane), out);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const [i, j, k] = displayToVoxel(grid, display({ [across]: column, [up]: row, [along]: slice }));
          expect(out[column + columns * row]).toBe(i + ni * (j + nj * k));
        }
      }
    }),
  );
});

test("the part of a slice that a box covers is the same part of the whole slice", () => {
  const corners = fc.tuple(share, share, share, share, share, share);
  fc.assert(
    fc.property(grids, fc.constantFrom(...planeNames), share, corners, (grid, plane, depth, shares) => {
      const [ni, nj, nk] = grid.size;
      const data = Float32Array.from({ length: ni * nj * nk }, (_, n) => n + 1);
      const range = (d: 0 | 1 | 2) => {
        const [a, b] = [shares[d], shares[d + 3]].map((part) => Math.floor(part * grid.size[d]));
        return [Math.min(a, b), Math.max(a, b) + 1] as const;
      };
      const box: Box = [range(0), range(1), range(2)];
      const slice = Math.floor(depth * displaySize(grid)[planes[plane].along]);
      const region = regionOf(boxToDisplay(grid, box), plane, slice);
      const [columns, rows] = sliceSize(grid, plane);
      const whole = new Float32Array(columns * rows);
      gatherSlice(data, grid, plane, slice, wholeSlice(grid, plane), whole);
      const inBox = [...whole].filter((value) => {
        const n = value - 1;
        const voxel = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / ni / nj)];
        return voxel.every((part, d) => part >= box[d][0] && part < box[d][1]);
      });
      if (!region) {
        expect(inBox).toEqual([]);
        return;
      }
      const wide = region.columns[1] - region.columns[0];
      const part = new Float32Array(wide * (region.rows[1] - region.rows[0]));
      gatherSlice(data, grid, plane, slice, region, part);
      expect([...part]).toEqual(inBox);

      // A mask over the whole box marks the very same voxels.
      const flags = new Uint16Array(2 * columns * rows);
      const voxels = box.reduce((count, [lo, hi]) => count * (hi - lo), 1);
      const layer = { box, bits: new Uint8Array(Math.ceil(voxels / 8)).fill(255) };
      gatherLayer(layer, grid, plane, slice, wholeSlice(grid, plane), flags, 1, 1, 2);
      expect([...whole].filter((_, n) => flags[2 * n + 1] === 1)).toEqual(inBox);
    }),
  );
});

test("a mask's bits are those of its voxels", () => {
  fc.assert(
    fc.property(
      grids,
      fc.constantFrom(...planeNames),
      share,
      fc.infiniteStream(fc.boolean()),
      (grid, plane, depth, bits) => {
        const [ni, nj, nk] = grid.size;
        const box: Box = [
          [0, ni],
          [0, nj],
          [0, nk],
        ];
        const values = Uint8Array.from({ length: ni * nj * nk }, () => (bits.next().value ? 1 : 0));
        const packed = new Uint8Array(Math.ceil(values.length / 8));
        for (const [n, value] of values.entries()) packed[n >> 3] |= value << (n & 7);
        const slice = Math.floor(depth * displaySize(grid)[planes[plane].along]);
        const region = wholeSlice(grid, plane);
        const expected = new Uint16Array(region.columns[1] * region.rows[1]);
        const flags = new Uint16Array(expected.length);
        gatherSlice(values, grid, plane, slice, region, expected);
        gatherLayer({ box, bits: packed }, grid, plane, slice, region, flags, 1, 0, 1);
        expect([...flags]).toEqual([...expected]);
      },
    ),
  );
});

function display(parts: Readonly<Record<number, number>>): Vec3 {
  return [parts[0], parts[1], parts[2]];
}
