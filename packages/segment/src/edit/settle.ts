import { type Box, boxVoxels, countBits, cutBits, type Vec3 } from "@septum/volume";
import type { Segmenter } from "../segmenter-api.ts";
import type { Preview } from "../steps.ts";
import type { EditedBox } from "./edit-mask.ts";

/** Another object of the same image. */
export interface Neighbour {
  readonly label: number;
  /** Never loses a voxel. */
  readonly locked: boolean;
  readonly segmenter: Segmenter;
}

/** What an object that changes may have of its neighbours'. */
export interface Claim {
  /** Voxels that it gains are its alone: unlocked neighbours lose them, and locked ones keep theirs. */
  readonly take: boolean;
  /** Something said earlier is changed: what neighbours took from the object since then, and still have, stays theirs. */
  readonly rewritten: boolean;
}

/** Who kept voxels, and who lost them where. */
export interface Settlement {
  readonly spared: readonly { readonly label: number; readonly voxels: number }[];
  readonly taken: readonly { readonly label: number; readonly voxels: number; readonly changed: Box }[];
}

/**
 * Settles whose the voxels are that the object gained by its last change. It gives back, within the same step, what neighbours
 * keep by the claim; the others lose theirs to one that takes, by one step of their own history. Their prompts stay.
 */
export function settle(object: Segmenter, neighbours: readonly Neighbour[], size: Vec3, claim: Claim): Settlement {
  const gained = object.gained();
  if (!gained) return { spared: [], taken: [] };
  const { box } = gained;
  const { spared, bits: kept } = keptFrom(object, gained, neighbours, size, claim);
  if (spared.length > 0) object.trim({ box, bits: kept }, { extend: true });

  const claimed = gained.bits.map((byte, n) => byte & ~kept[n]);
  const taken: { label: number; voxels: number; changed: Box }[] = [];
  for (const { label, segmenter } of claim.take ? neighbours.filter(({ locked }) => !locked) : []) {
    const both = common(claimed, cutBits(segmenter.mask, size, box));
    const voxels = countBits(both, 0, boxVoxels(box));
    if (voxels === 0) continue;
    const { changed = box } = segmenter.trim({ box, bits: both });
    taken.push({ label, voxels, changed });
  }
  return { spared, taken };
}

/** The preview without what the neighbours would keep. */
export function settledPreview(
  { box, bits }: Preview,
  object: Segmenter,
  neighbours: readonly Neighbour[],
  size: Vec3,
  claim: Claim,
): Uint8Array<ArrayBuffer> {
  const found = bits();
  const now = cutBits(object.mask, size, box);
  for (let n = 0; n < now.length; n++) now[n] = found[n] & ~now[n];
  const kept = keptFrom(object, { box, bits: now }, neighbours, size, claim);
  for (let n = 0; n < found.length; n++) found[n] &= ~kept.bits[n];
  return found;
}

/** Which of the voxels that the object gained, or would gain, its neighbours keep. */
function keptFrom(
  object: Segmenter,
  gained: EditedBox,
  neighbours: readonly Neighbour[],
  size: Vec3,
  { take, rewritten }: Claim,
) {
  const { box } = gained;
  const lost = rewritten ? common(gained.bits, object.lost(box)) : new Uint8Array(gained.bits.length);
  const bits = new Uint8Array(gained.bits.length);
  const spared: { label: number; voxels: number }[] = [];
  for (const { label, locked, segmenter } of neighbours) {
    const both = common(take && locked ? gained.bits : lost, cutBits(segmenter.mask, size, box));
    const voxels = countBits(both, 0, boxVoxels(box));
    if (voxels === 0) continue;
    spared.push({ label, voxels });
    for (let n = 0; n < bits.length; n++) bits[n] |= both[n];
  }
  return { spared, bits };
}

function common(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length);
  for (let n = 0; n < both.length; n++) both[n] = a[n] & b[n];
  return both;
}
