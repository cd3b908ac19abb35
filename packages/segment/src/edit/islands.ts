import { bitBytes } from "@septum/volume";
import { setRun } from "../bit-runs.ts";
import type { MaskBits } from "../mask-delta.ts";
import { type RowRuns, rowRuns } from "./row-runs.ts";
import type { Work } from "./work.ts";

/** Parts of a mask that no face of a voxel joins; by the number of a run, which island it is of. */
export interface Islands {
  readonly runs: RowRuns;
  /** Of each run, the run that stands for its island. */
  readonly island: Int32Array;
  /** Voxels of an island, at the run that stands for it. */
  readonly voxels: Float64Array;
}

/**
 * The islands of voxels that have this value. `flat`: slices along k are not joined, so that each has islands of its own.
 *
 * Runs are joined with those of the rows before them, by union-find (after Wu, Otoo, Suzuki, 2009, on runs).
 */
export function* findIslands(mask: MaskBits, value: 0 | 1, flat = false): Work<Islands> {
  const runs = yield* rowRuns(mask, value);
  const { count, first, last } = runs;
  const [, nj, nk] = runs.size;
  const parent = new Int32Array(count);
  for (let run = 0; run < count; run++) parent[run] = run;
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      if (j > 0) joinRows(runs, parent, j + nj * k, j - 1 + nj * k);
      if (k > 0 && !flat) joinRows(runs, parent, j + nj * k, j + nj * (k - 1));
    }
    yield;
  }
  const voxels = new Float64Array(count);
  for (let run = 0; run < count; run++) {
    parent[run] = rootOf(parent, run);
    voxels[parent[run]] += last[run] - first[run] + 1;
  }
  return { runs, island: parent, voxels };
}

/** Joins runs of two neighbouring rows that lie side by side. */
function joinRows({ rows, first, last }: RowRuns, parent: Int32Array, row: number, other: number): void {
  let a = rows[row];
  let b = rows[other];
  const [endA, endB] = [rows[row + 1], rows[other + 1]];
  while (a < endA && b < endB) {
    if (first[a] <= last[b] && first[b] <= last[a]) join(parent, a, b);
    if (last[a] < last[b]) a++;
    else b++;
  }
}

/** The earlier run stands for both. */
function join(parent: Int32Array, a: number, b: number): void {
  const [rootA, rootB] = [rootOf(parent, a), rootOf(parent, b)];
  if (rootA < rootB) parent[rootB] = rootA;
  else parent[rootA] = rootB;
}

function rootOf(parent: Int32Array, run: number): number {
  let root = run;
  while (parent[root] !== root) root = parent[root] = parent[parent[root]];
  return root;
}

/** The island at a place; undefined when the place does not have the islands' value. */
export function islandAt({ runs, island }: Islands, [i, j, k]: readonly [number, number, number]): number | undefined {
  const row = j + runs.size[1] * k;
  for (let run = runs.rows[row]; run < runs.rows[row + 1]; run++) {
    if (runs.first[run] <= i && i <= runs.last[run]) return island[run];
  }
  return undefined;
}

/** The largest island, of several equal ones the first; undefined when there is none. */
export function largestIsland({ island, voxels }: Islands): number | undefined {
  let largest: number | undefined;
  for (const run of island) if (largest === undefined || voxels[run] > voxels[largest]) largest = run;
  return largest;
}

/** The voxels of those islands that are wanted, one bit each. */
export function islandBits({ runs, island }: Islands, wanted: (island: number) => boolean): Uint8Array<ArrayBuffer> {
  const [ni, nj, nk] = runs.size;
  const bits = new Uint8Array(bitBytes(ni * nj * nk));
  for (let row = 0; row < nj * nk; row++) {
    for (let run = runs.rows[row]; run < runs.rows[row + 1]; run++) {
      if (wanted(island[run])) setRun(bits, runs.first[run] + ni * row, runs.last[run] - runs.first[run] + 1);
    }
  }
  return bits;
}
