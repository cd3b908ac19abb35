import { type Box, boxVoxels, cutBits } from "@septum/volume";
import { compressBits } from "../bit-runs.ts";
import { swapBoxAxes } from "../engine-space.ts";
import type { HistoryStep } from "../history.ts";
import { applyDelta, type MaskBits } from "../mask-delta.ts";
import type { PromptNode } from "../prompt-log.ts";

/** A list of prompts that starts with the mask that an edit of `edited` made; `object` is the box around its voxels, engine axes. */
export function startFromEdit(object: Box | undefined, edited: Box): PromptNode {
  const record = { kind: "initial", positive: true, box: object ? swapBoxAxes(object) : edited } as const;
  return { record, intensity: 1, predicted: false, initial: object && { box: object } };
}

/**
 * Fills in the start masks of prompts that go on from an edit, where the history is about to forget them with its `forgotten`
 * first steps. `mask` is what all of `steps` came to. Returns whose masks were filled in.
 */
export function fillStarts(mask: MaskBits, steps: readonly HistoryStep[], forgotten: number): PromptNode[] {
  const starts = steps.slice(0, forgotten).map(startOf);
  const filled = [...new Set(starts)].filter((start) => start !== undefined);
  if (filled.length === 0) return [];
  const then: MaskBits = { bits: mask.bits.slice(), size: mask.size };
  for (let n = steps.length - 1; n >= 0; n--) {
    for (const delta of steps[n].deltas) applyDelta(then, delta);
    const initial = starts[n]?.initial;
    if (!initial) continue;
    initial.bits = compressBits(cutBits(then.bits, then.size, swapBoxAxes(initial.box)), boxVoxels(initial.box));
  }
  return filled;
}

/** The edit whose mask this step knows to be there before it, when prompts go on from that mask. */
function startOf({ before, after }: HistoryStep): PromptNode | undefined {
  const start = before.prompts;
  if (!start?.initial || start.initial.bits) return undefined;
  let first = after.prompts;
  while (first?.previous) first = first.previous;
  return first === start ? start : undefined;
}
