import type { Vec3 } from "@septum/volume";

/** How many voxels a label has, in all and on each slice along i, j and k. */
export interface LabelTally {
  voxels: number;
  readonly slices: readonly [Uint32Array, Uint32Array, Uint32Array];
}

/** Counts labels as voxels change, so that nobody ever has to look at the whole volume. */
export interface Tallies {
  /** Voxels that have any label. */
  readonly labelled: number;
  readonly byLabel: ReadonlyMap<number, LabelTally>;
  /** Counts a voxel that was `before` and is `after`; 0 = no label. */
  change(i: number, j: number, k: number, before: number, after: number): void;
}

export function createTallies([ni, nj, nk]: Vec3): Tallies {
  const byLabel = new Map<number, LabelTally>();
  // Neighbours mostly have the same label, so the latest is kept at hand.
  let latest: LabelTally | undefined;
  let latestLabel = 0;
  let labelled = 0;

  function tallyOf(label: number): LabelTally {
    if (label === latestLabel && latest) return latest;
    let tally = byLabel.get(label);
    if (!tally) {
      tally = { voxels: 0, slices: [new Uint32Array(ni), new Uint32Array(nj), new Uint32Array(nk)] };
      byLabel.set(label, tally);
    }
    latest = tally;
    latestLabel = label;
    return tally;
  }

  function count(label: number, i: number, j: number, k: number, by: 1 | -1): void {
    const tally = tallyOf(label);
    labelled += by;
    tally.voxels += by;
    tally.slices[0][i] += by;
    tally.slices[1][j] += by;
    tally.slices[2][k] += by;
  }

  return {
    get labelled() {
      return labelled;
    },
    byLabel,
    change(i, j, k, before, after) {
      if (before !== 0) count(before, i, j, k, -1);
      if (after !== 0) count(after, i, j, k, 1);
    },
  };
}
