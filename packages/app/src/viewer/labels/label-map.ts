import type { Box, Vec3 } from "@septum/volume";
import { createTallies, type Tallies } from "./tally.ts";

/**
 * The labels of all voxels as the page holds them, in the file's order (`i` fastest), 0 = no label. One byte per voxel as
 * long as no label is above 255, then two: label values are kept as they are.
 */
export interface LabelMap {
  readonly size: Vec3;
  readonly data: Uint8Array | Uint16Array;
  readonly tallies: Tallies;
  /** Puts `labels` (one per voxel of `box`, `i` fastest) into slices `from` to `to` of the box along k, half-open. */
  write(box: Box, labels: ArrayLike<number>, from?: number, to?: number): void;
  /** Gives one voxel another label. Returns the one it had. */
  set(i: number, j: number, k: number, label: number): number;
}

export function createLabelMap(size: Vec3): LabelMap {
  const [ni, nj, nk] = size;
  const tallies = createTallies(size);
  let data: Uint8Array | Uint16Array = new Uint8Array(ni * nj * nk);

  function makeRoomFor(labels: ArrayLike<number>): void {
    if (data instanceof Uint16Array || labels instanceof Uint8Array) return;
    for (let n = 0; n < labels.length; n++) {
      if (labels[n] <= 255) continue;
      data = Uint16Array.from(data);
      return;
    }
  }

  return {
    size,
    get data() {
      return data;
    },
    tallies,
    write(box, labels, from = box[2][0], to = box[2][1]) {
      makeRoomFor(labels);
      const map = data;
      const [[i0, i1], [j0, j1], [k0]] = box;
      let at = (from - k0) * (j1 - j0) * (i1 - i0);
      for (let k = from; k < to; k++) {
        for (let j = j0; j < j1; j++) {
          const row = ni * (j + nj * k);
          for (let i = i0; i < i1; i++, at++) {
            const label = labels[at];
            const before = map[row + i];
            if (before === label) continue;
            map[row + i] = label;
            tallies.change(i, j, k, before, label);
          }
        }
      }
    },
    set(i, j, k, label) {
      if (label > 255 && data instanceof Uint8Array) data = Uint16Array.from(data);
      const at = i + ni * (j + nj * k);
      const before = data[at];
      if (before === label) return before;
      data[at] = label;
      tallies.change(i, j, k, before, label);
      return before;
    },
  };
}
