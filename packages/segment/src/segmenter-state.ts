import { bitBytes } from "@septum/volume";
import { expandBits } from "./bit-runs.ts";
import { SegmentError } from "./errors.ts";
import { emptyHistory, type History, type PromptState, stepBytes } from "./history.ts";
import { type Kept, nothingKept } from "./keeper.ts";
import { applyDelta } from "./mask-delta.ts";
import { readParts } from "./part-reader.ts";
import { nodeBytes, type PromptNode, promptNodes } from "./prompt-log.ts";
import type { SegmenterOptions } from "./segmenter-api.ts";
import { restoreState } from "./state.ts";

/** What a segmenter starts with. */
interface OpenedState {
  readonly bits: Uint8Array;
  readonly seed: number;
  readonly historyBytes: number;
  readonly now: PromptState;
  readonly history: History;
  /** What is saved of it. */
  readonly kept: Kept;
}

/** Checks the options of a segmenter and brings back a saved state into its mask. */
export function openState(options: SegmenterOptions): OpenedState {
  const { image, model, mask, seed } = options;
  const size = image.volume.size;
  const voxels = size[0] * size[1] * size[2];
  const { patchSize, coverMargin } = model.settings;
  if (patchSize.some((edge) => edge <= 2 * coverMargin)) {
    throw new RangeError(
      `The model's cover margin of ${coverMargin} leaves nothing of its patch of [${patchSize.join(", ")}] voxels`,
    );
  }
  if (mask !== undefined && mask.length !== bitBytes(voxels)) {
    throw new RangeError(`Mask has ${mask.length} bytes; a volume of [${size.join(", ")}] needs ${bitBytes(voxels)}`);
  }
  const bits = mask ?? new Uint8Array(bitBytes(voxels));
  // Enough for hundreds of steps, and far less than the image itself takes.
  const historyBytes = options.historyBytes ?? 2 ** 24 + Math.floor(voxels / 4);
  const saved = readSaved(options);
  if (saved === undefined) {
    return { bits, seed: seed ?? 0, historyBytes, now: {}, history: emptyHistory, kept: nothingKept() };
  }
  const { live, flips, kept } = saved;
  if (live.size.some((length, axis) => length !== size[axis])) {
    throw new SegmentError(
      "StateUnusable",
      `Cannot continue from this saved object: it belongs to a volume of [${live.size.join(", ")}], not [${size.join(", ")}]`,
    );
  }
  for (const node of heldNodes(live.now, live.history)) {
    const { kind } = node.record;
    if (kind === "initial" || model.settings.channels[kind] !== undefined) continue;
    throw new SegmentError(
      "StateUnusable",
      `Cannot continue from this saved object: it has a prompt of kind ${kind}, which this model does not take`,
    );
  }
  try {
    if (live.mask && live.mask.count !== voxels) {
      throw new RangeError(`Its mask has ${live.mask.count} voxels, not ${voxels}`);
    }
    if (live.mask) expandBits(live.mask, bits);
    else bits.fill(0);
    for (const delta of flips) applyDelta({ bits, size }, delta);
  } catch (cause) {
    throw new SegmentError("StateUnusable", "Cannot continue from this saved object: its mask is damaged", { cause });
  }
  return { bits, seed: seed ?? live.seed, historyBytes, now: live.now, history: live.history, kept };
}

function readSaved({ saved, state }: SegmenterOptions) {
  if (saved) return readParts(saved);
  return state && { live: restoreState(state), flips: [], kept: { ...nothingKept(), flips: undefined } };
}

/** Memory that prompts and history take, about. */
export function bytesHeld(now: PromptState, history: History): number {
  let bytes = 0;
  for (const step of [...history.undo, ...history.redo]) bytes += stepBytes(step);
  for (const node of heldNodes(now, history)) bytes += nodeBytes(node);
  return bytes;
}

/** Every prompt that is still of use, once. */
function heldNodes(now: PromptState, history: History): Set<PromptNode> {
  const states = [now, ...[...history.undo, ...history.redo].flatMap((step) => [step.before, step.after])];
  const held = new Set<PromptNode>();
  for (const { prompts } of states) {
    if (prompts === undefined || held.has(prompts)) continue;
    for (const node of promptNodes(prompts)) held.add(node);
  }
  return held;
}
