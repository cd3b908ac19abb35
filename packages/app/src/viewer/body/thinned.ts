import type { Box, Vec3, VoxelArray } from "@septum/volume";
import { boxToDisplay, type DisplayGrid, displaySize, displaySteps } from "../grid.ts";

/** A coarser grid over a displayed volume: each of its cells is a block of so many voxels along x, y and z. */
export interface ThinGrid {
  readonly block: Vec3;
  /** Cells along x, y and z. */
  readonly size: Vec3;
}

/** The finest grid of no more than `mostEdge` cells along each axis. */
export function thinGrid(grid: DisplayGrid, mostEdge: number): ThinGrid {
  const size = displaySize(grid);
  const along = (d: 0 | 1 | 2) => Math.max(1, Math.ceil(size[d] / mostEdge));
  const block: Vec3 = [along(0), along(1), along(2)];
  const cells = (d: 0 | 1 | 2) => Math.ceil(size[d] / block[d]);
  return { block, size: [cells(0), cells(1), cells(2)] };
}

/** The cells that a box of the file's voxels reaches into. */
export function cellsOf(grid: DisplayGrid, { block }: ThinGrid, box: Box): Box {
  const display = boxToDisplay(grid, box);
  const range = (d: 0 | 1 | 2) => [Math.floor(display[d][0] / block[d]), Math.ceil(display[d][1] / block[d])] as const;
  return [range(0), range(1), range(2)];
}

/** The voxel in the middle of each cell of the layers `from` to `to` along z, half-open, into `out`, x fastest. */
export function thinVoxels(
  data: VoxelArray,
  grid: DisplayGrid,
  thin: ThinGrid,
  out: VoxelArray,
  from: number,
  to: number,
): void {
  const { start, step } = displaySteps(grid);
  const full = displaySize(grid);
  const [nx, ny] = thin.size;
  const middle = (cell: number, d: 0 | 1 | 2) =>
    step[d] * Math.min(full[d] - 1, cell * thin.block[d] + (thin.block[d] >> 1));
  let at = nx * ny * from;
  for (let z = from; z < to; z++) {
    for (let y = 0; y < ny; y++) {
      const row = start + middle(z, 2) + middle(y, 1);
      for (let x = 0; x < nx; x++) out[at++] = data[row + middle(x, 0)];
    }
  }
}

/** A box of cells in pieces of at most `most` cells, though at least one row each. */
export function* pieces([xs, [y0, y1], [z0, z1]]: Box, most: number): Generator<Box> {
  const rows = Math.max(1, Math.floor(most / Math.max(1, xs[1] - xs[0])));
  const layers = Math.max(1, Math.floor(rows / Math.max(1, y1 - y0)));
  for (let z = z0; z < z1; z += layers) {
    for (let y = y0; y < y1; y += rows) yield [xs, [y, Math.min(y1, y + rows)], [z, Math.min(z1, z + layers)]];
  }
}

/**
 * The labels of some cells, x fastest: of each block the first label found, so that thin structures do not vanish. `labelAt`
 * takes a voxel's place in the file's order.
 * `slots` turns label values into the 1 to 255 that the 3D view can hold; 0 stays 0.
 */
export function thinLabels(
  labelAt: (at: number) => number,
  grid: DisplayGrid,
  { block }: ThinGrid,
  [[x0, x1], [y0, y1], [z0, z1]]: Box,
  slots: (label: number) => number,
): Uint8Array {
  const { start, step } = displaySteps(grid);
  const [nx, ny, nz] = displaySize(grid);
  const [across] = step;
  const out = new Uint8Array((x1 - x0) * (y1 - y0) * (z1 - z0));
  let at = 0;
  for (let z = z0; z < z1; z++) {
    const zEnd = Math.min(nz, (z + 1) * block[2]);
    for (let y = y0; y < y1; y++) {
      const yEnd = Math.min(ny, (y + 1) * block[1]);
      for (let x = x0; x < x1; x++) {
        const xStart = x * block[0];
        const label = firstLabel(
          xStart,
          Math.min(nx, xStart + block[0]) - xStart,
          y * block[1],
          yEnd,
          z * block[2],
          zEnd,
        );
        out[at++] = label === 0 ? 0 : slots(label);
      }
    }
  }
  return out;

  function firstLabel(x: number, count: number, y0: number, y1: number, z0: number, z1: number): number {
    for (let z = z0; z < z1; z++) {
      for (let y = y0; y < y1; y++) {
        let from = start + x * across + y * step[1] + z * step[2];
        for (let n = 0; n < count; n++, from += across) {
          const label = labelAt(from);
          if (label !== 0) return label;
        }
      }
    }
    return 0;
  }
}
