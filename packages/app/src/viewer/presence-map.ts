import type { DisplayGrid } from "./grid.ts";
import type { LabelTally } from "./labels/tally.ts";
import { type Plane, planes } from "./planes.ts";

/** What a plane's slices hold, one entry per slice as the plane counts them. */
export interface SlicePresence {
  /** Voxels of the active segment. */
  readonly active: Uint32Array;
  /** The label with most voxels among the others; 0: none. */
  readonly others: Uint32Array;
}

/** Where segments lie along the axis that a plane looks along. Hidden labels are left out. */
export function slicePresence(
  tallies: ReadonlyMap<number, LabelTally>,
  grid: DisplayGrid,
  plane: Plane,
  active: number | undefined,
  isShown: (label: number) => boolean,
): SlicePresence {
  const { along } = planes[plane];
  const axis = grid.axis[along] as 0 | 1 | 2;
  const length = grid.size[axis];
  const place = (slice: number) => (grid.flip[along] ? length - 1 - slice : slice);
  const own = new Uint32Array(length);
  const others = new Uint32Array(length);
  const most = new Uint32Array(length);
  for (const [label, { voxels, slices }] of tallies) {
    if (voxels === 0 || !isShown(label)) continue;
    const counts = slices[axis];
    for (let slice = 0; slice < length; slice++) {
      const count = counts[place(slice)];
      if (label === active) own[slice] = count;
      else if (count > most[slice]) {
        most[slice] = count;
        others[slice] = label;
      }
    }
  }
  return { active: own, others };
}
