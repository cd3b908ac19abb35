import {
  type Box,
  bitsBoundingBox,
  boxSize,
  boxVoxels,
  cutBits,
  pasteBits,
  shiftBox,
  uniteBoxes,
  type Vec3,
} from "@septum/volume";
import { compressBits } from "../bit-runs.ts";
import { swapBoxAxes } from "../engine-space.ts";
import type { MaskBits } from "../mask-delta.ts";
import type { PromptNode } from "../prompt-log.ts";
import type { EditedBox } from "./edit-mask.ts";

/** A list of prompts that starts with what the mask is once it has been edited. `object` is the box around its voxels now. */
export function startFromEdit(mask: MaskBits, { box, bits }: EditedBox, object: Box | undefined): PromptNode {
  const whole = uniteBoxes(object, box) ?? box;
  const origin: Vec3 = [-whole[0][0], -whole[1][0], -whole[2][0]];
  const size = boxSize(whole);
  const edited = cutBits(mask.bits, mask.size, whole);
  pasteBits(bits, edited, size, shiftBox(box, origin));
  const tight = bitsBoundingBox(edited, size);
  if (tight === undefined) return { record: { kind: "initial", positive: true, box }, intensity: 1, predicted: false };
  const held = shiftBox(tight, [whole[0][0], whole[1][0], whole[2][0]]);
  const packed = compressBits(cutBits(edited, size, tight), boxVoxels(tight));
  return {
    record: { kind: "initial", positive: true, box: held },
    intensity: 1,
    predicted: false,
    initial: { box: swapBoxAxes(held), bits: packed },
  };
}
