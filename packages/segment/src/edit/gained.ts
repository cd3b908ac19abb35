import {
  type Box,
  bitBytes,
  boxSize,
  boxVoxels,
  cutBits,
  intersectBoxes,
  isEmptyBox,
  pasteBits,
  shiftBox,
  uniteBoxes,
  type Vec3,
} from "@septum/volume";
import { expandBits } from "../bit-runs.ts";
import type { HistoryStep } from "../history.ts";
import { applyDelta, type MaskBits } from "../mask-delta.ts";
import type { EditedBox } from "./edit-mask.ts";

/** The voxels that a step added to the mask as it is now, after it; undefined when it added none. */
export function gainedBy(step: HistoryStep, mask: MaskBits): EditedBox | undefined {
  const box = step.deltas.reduce<Box | undefined>((all, delta) => uniteBoxes(all, delta.box), undefined);
  if (box === undefined) return undefined;
  const now = cutBits(mask.bits, mask.size, box);
  const before: MaskBits = { bits: now.slice(), size: boxSize(box) };
  for (const delta of step.deltas) applyDelta(before, { ...delta, box: shiftBox(delta.box, negative(box)) });
  let any = 0;
  for (let n = 0; n < now.length; n++) {
    now[n] &= ~before.bits[n];
    any |= now[n];
  }
  return any === 0 ? undefined : { box, bits: now };
}

/**
 * The voxels of a box that other objects took from this one since it was empty last, one bit each. Steps in which they did so
 * are known by leaving the prompts as they are.
 */
export function lostIn(steps: readonly HistoryStep[], box: Box): Uint8Array<ArrayBuffer> {
  const lost = new Uint8Array(bitBytes(boxVoxels(box)));
  const size = boxSize(box);
  const empty = steps.findLastIndex(({ after }) => after.prompts === undefined);
  for (const { before, after, deltas } of steps.slice(empty + 1)) {
    if (before.prompts === undefined || before.prompts !== after.prompts) continue;
    for (const { box: flipped, flipped: packed } of deltas) {
      const shared = intersectBoxes(flipped, box);
      if (isEmptyBox(shared)) continue;
      const bits = cutBits(expandBits(packed), boxSize(flipped), shiftBox(shared, negative(flipped)));
      const place = shiftBox(shared, negative(box));
      const there = cutBits(lost, size, place);
      for (let n = 0; n < bits.length; n++) bits[n] |= there[n];
      pasteBits(bits, lost, size, place);
    }
  }
  return lost;
}

function negative([[i], [j], [k]]: Box): Vec3 {
  return [-i, -j, -k];
}
