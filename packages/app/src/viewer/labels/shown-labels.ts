import type { ActiveMask } from "./active-mask.ts";
import type { LabelMap } from "./label-map.ts";

/** What is seen of the segments: the merged label map, and above it the active segment, whole. */
export interface ShownLabels {
  readonly map: LabelMap;
  /** The active segment's own mask, once it is there. It alone says then where that segment is. */
  readonly active: ActiveMask | undefined;
}

/** Reads the label that is seen on top at a voxel, by its place in the file's order; 0: none. */
export function labelReader({ map: { data }, active }: ShownLabels): (at: number) => number {
  if (!active) return (at) => data[at];
  const { label: own, bits } = active;
  return (at) => {
    if ((bits[Math.floor(at / 8)] >> (at & 7)) & 1) return own;
    return data[at] === own ? 0 : data[at];
  };
}
