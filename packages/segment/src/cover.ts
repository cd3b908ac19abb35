import { type Box, roundHalfEven, type Vec3 } from "@septum/volume";
import { type BitGrid, clearBox, gridBit, gridBoundingBox } from "./bit-grid.ts";
import { type CellCounts, cellCounts } from "./cell-counts.ts";
import { type CoverSettings, coveredBox } from "./cover-box.ts";
import { coverAtRandom } from "./cover-random.ts";
import type { RandomIndex } from "./random.ts";
import { patchBox } from "./view.ts";

/** Refinement boxes, in order; they may reach outside the grid. Pure planning (spec §6.7). */
export interface Cover {
  readonly boxes: readonly Box[];
  /** How many of them the random generator chose. */
  readonly random: number;
}

const deepest = 3;

/**
 * Greedy boxes until every set bit of the grid lies in the inner part of one: first centres on a coarse lattice of set
 * voxels, each time the one that covers most, then random set voxels for what is left. Uses up the grid.
 */
export function cover(grid: BitGrid, settings: CoverSettings, random: RandomIndex): Cover {
  const bounds = gridBoundingBox(grid);
  if (bounds === undefined) return { boxes: [], random: 0 };
  let stride = mapAxes((axis) => Math.max(1, roundHalfEven((bounds[axis][1] - 1 - bounds[axis][0]) / 4)));
  for (let depth = 0; depth <= deepest; depth++) {
    const lattice = bounds.map(([lo, hi], axis) => steps(lo, hi, stride[axis]));
    const centres = latticeVoxels(grid, lattice);
    if (centres.length > 0) {
      const chosen = coverFromCentres(grid, lattice, centres, settings);
      const rest = coverAtRandom(grid, settings, 10, random);
      return { boxes: [...chosen, ...rest], random: rest.length };
    }
    stride = mapAxes((axis) => Math.max(1, Math.floor(stride[axis] / 2)));
  }
  const boxes = coverAtRandom(grid, settings, 25, random);
  return { boxes, random: boxes.length };
}

function coverFromCentres(
  grid: BitGrid,
  lattice: readonly (readonly number[])[],
  centres: readonly Vec3[],
  settings: CoverSettings,
): Box[] {
  // Covered boxes around lattice points only have a few different faces, so that counting between faces once is enough.
  const cells: CellCounts = cellCounts(grid, lattice, (axis, at) => {
    const voxel: Vec3 = axis === 0 ? [at, 0, 0] : axis === 1 ? [0, at, 0] : [0, 0, at];
    return coveredBox(voxel, settings, grid.size)[axis];
  });
  const boxes: Box[] = [];
  let left = centres;
  while (left.length > 0) {
    const counts = cells.counter();
    let best = left[0];
    let most = 0;
    for (const centre of left) {
      const count = counts(coveredBox(centre, settings, grid.size));
      if (count <= most) continue;
      most = count;
      best = centre;
    }
    if (most === 0) break;
    const covered = coveredBox(best, settings, grid.size);
    boxes.push(patchBox(best, settings.patchSize));
    clearBox(grid, covered);
    cells.clear(covered);
    left = left.filter(([a, b, c]) => gridBit(grid, a, b, c) === 1);
  }
  return boxes;
}

/** Set voxels on the lattice, in lexicographic order. */
function latticeVoxels(grid: BitGrid, [as, bs, cs]: readonly (readonly number[])[]): Vec3[] {
  const voxels: Vec3[] = [];
  for (const a of as) for (const b of bs) for (const c of cs) if (gridBit(grid, a, b, c) === 1) voxels.push([a, b, c]);
  return voxels;
}

function steps(from: number, to: number, stride: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / stride) }, (_, n) => from + n * stride);
}

function mapAxes(value: (axis: number) => number): Vec3 {
  return [value(0), value(1), value(2)];
}
