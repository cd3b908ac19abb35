import { type Vec3, wholeBox } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { grids } from "../../tools/testing.ts";
import { displaySize, voxelToDisplay } from "../grid.ts";
import { cellsOf, thinGrid, thinLabels, thinVoxels } from "./thinned.ts";

const edges = fc.integer({ min: 1, max: 9 });

test("every voxel with a label is in a cell with a label, and no cell has one without", () => {
  fc.assert(
    fc.property(grids, edges, fc.infiniteStream(fc.integer({ min: -9, max: 3 })), (grid, edge, values) => {
      const [ni, nj, nk] = grid.size;
      const labels = Uint8Array.from({ length: ni * nj * nk }, () => Math.max(0, values.next().value));
      const thin = thinGrid(grid, edge);
      expect(Math.max(...thin.size)).toBeLessThanOrEqual(edge);
      const [nx, ny, nz] = thin.size;
      const cells = cellsOf(grid, thin, wholeBox(grid.size));
      expect(cells).toEqual([
        [0, nx],
        [0, ny],
        [0, nz],
      ]);
      const found = Array.from({ length: nx * ny * nz }, () => new Set<number>());
      for (const [n, label] of labels.entries()) {
        const voxel: Vec3 = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / ni / nj)];
        const [x, y, z] = voxelToDisplay(grid, voxel).map((part, d) => Math.floor(part / thin.block[d]));
        if (label > 0) found[x + nx * (y + ny * z)].add(label);
      }
      const thinned = thinLabels(
        (at) => labels[at],
        grid,
        thin,
        cells,
        (label) => label,
      );
      for (const [n, label] of thinned.entries()) {
        expect(label === 0 ? found[n].size : Number(found[n].has(label))).toBe(label === 0 ? 0 : 1);
      }
    }),
  );
});

test("a grid no finer than the volume keeps every voxel", () => {
  fc.assert(
    fc.property(grids, (grid) => {
      const [ni, nj, nk] = grid.size;
      const data = Int16Array.from({ length: ni * nj * nk }, (_, n) => n);
      const thin = thinGrid(grid, 64);
      const out = new Int16Array(data.length);
      thinVoxels(data, grid, thin, out, 0, thin.size[2]);
      const [nx, ny] = displaySize(grid);
      for (const n of data) {
        const [x, y, z] = voxelToDisplay(grid, [n % ni, Math.floor(n / ni) % nj, Math.floor(n / ni / nj)]);
        expect(out[x + nx * (y + ny * z)]).toBe(n);
      }
    }),
  );
});
