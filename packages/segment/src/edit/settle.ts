import { type Box, boxVoxels, countBits, cutBits, type Vec3 } from "@septum/volume";
import type { Segmenter } from "../segmenter-api.ts";

/** Another object of the same image. */
export interface Neighbour {
  readonly label: number;
  /** Never loses a voxel. */
  readonly locked: boolean;
  readonly segmenter: Segmenter;
}

/** Who kept voxels, and who lost them where. */
export interface Settlement {
  readonly spared: readonly { readonly label: number; readonly voxels: number }[];
  readonly taken: readonly { readonly label: number; readonly voxels: number; readonly changed: Box }[];
}

/**
 * Makes the object that was changed last the only one to have what it gained by that: it gives back, within the same step, what
 * locked neighbours have, and the others lose theirs, by one step of their own history. Their prompts stay.
 */
export function settle(object: Segmenter, neighbours: readonly Neighbour[], size: Vec3): Settlement {
  const gained = object.gained();
  if (!gained) return { spared: [], taken: [] };
  const { box } = gained;
  const shared = (bits: Uint8Array, mask: Uint8Array) => {
    const both = cutBits(mask, size, box);
    for (let n = 0; n < both.length; n++) both[n] &= bits[n];
    return { both, voxels: countBits(both, 0, boxVoxels(box)) };
  };

  const spared: { label: number; voxels: number }[] = [];
  const kept = new Uint8Array(gained.bits.length);
  for (const { label, segmenter } of neighbours.filter(({ locked }) => locked)) {
    const { both, voxels } = shared(gained.bits, segmenter.mask);
    if (voxels === 0) continue;
    spared.push({ label, voxels });
    for (let n = 0; n < kept.length; n++) kept[n] |= both[n];
  }
  if (spared.length > 0) object.trim({ box, bits: kept }, { extend: true });

  const claimed = gained.bits.map((byte, n) => byte & ~kept[n]);
  const taken: { label: number; voxels: number; changed: Box }[] = [];
  for (const { label, segmenter } of neighbours.filter(({ locked }) => !locked)) {
    const { both, voxels } = shared(claimed, segmenter.mask);
    if (voxels === 0) continue;
    const { changed = box } = segmenter.trim({ box, bits: both });
    taken.push({ label, voxels, changed });
  }
  return { spared, taken };
}
