import {
  type Box,
  bitBytes,
  bitsBoundingBox,
  boxVoxels,
  clipBox,
  cutBits,
  isEmptyBox,
  pasteBits,
  spacing,
  uniteBoxes,
} from "@septum/volume";
import { expandBits, type PackedBits } from "./bit-runs.ts";
import { gainedBy, lostIn } from "./edit/gained.ts";
import { startFromEdit } from "./edit/start-mask.ts";
import { swapAxes, swapBoxAxes } from "./engine-space.ts";
import { SegmentError } from "./errors.ts";
import { heededPoint } from "./heed.ts";
import type { PromptState } from "./history.ts";
import { type MaskBits, writeBits } from "./mask-delta.ts";
import { bitRows, collectBits, type MaskRows, volumeRows } from "./mask-rows.ts";
import { type Prediction, predictMask } from "./predict.ts";
import type { Prompt } from "./prompt.ts";
import { checkInitialMask, checkPrompt } from "./prompt-check.ts";
import { drawables } from "./prompt-drawing.ts";
import { appendPrompt, type PromptNode, promptNodes, startFromMask } from "./prompt-log.ts";
import { seededIndex } from "./random.ts";
import { correctionReach } from "./reach.ts";
import { countedOn, followedBy, planReplay } from "./rewrite.ts";
import type {
  ApplyOptions,
  PredictCallOptions,
  PredictOptions,
  PromptEdit,
  Segmenter,
  SegmenterOptions,
} from "./segmenter-api.ts";
import type { Applied, Step } from "./steps.ts";
import { type Change, openTimeline } from "./timeline.ts";

/** What a call will change once it has come to its end, and how it came to that. */
interface Outcome extends Change {
  readonly predictions?: readonly Prediction[];
}

/**
 * A segmenter for one object of an image: empty, or as `options.state` left it.
 *
 * Throws `SegmentError` (`StateUnusable`) for a state of another volume or model, and `RangeError` for a mask of the wrong
 * length or a model whose cover margin leaves nothing of its patch.
 */
export function createSegmenter(options: SegmenterOptions): Segmenter {
  const { image, model, now: clock = () => performance.now(), pause = async () => {} } = options;
  const { settings } = model;
  const size = image.volume.size;
  const engineSize = swapAxes(size);
  const voxelSize = swapAxes(spacing(image.volume.affine));
  const timeline = openTimeline(options);
  const { mask, seed } = timeline;
  let busy = false;

  async function* transact(
    work: () => AsyncGenerator<Step, Outcome, void>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Step, Applied, void> {
    refuseWhileBusy();
    busy = true;
    const started = clock();
    try {
      signal?.throwIfAborted();
      const change = yield* work();
      signal?.throwIfAborted();
      return commit(change, started);
    } finally {
      busy = false;
    }
  }

  async function* addPrompt(prompt: Prompt, options: ApplyOptions): AsyncGenerator<Step, Outcome, void> {
    if (prompt.kind === "initial") return yield* addInitialMask(prompt, options);
    const { record, shape, view } = checkPrompt(prompt, size, settings);
    const prompts = { ...appendPrompt(timeline.now.prompts, record, shape, settings.decay), ...asked(options) };
    const after = { prompts, queued: view };
    if (options.predict === false) return { after, masks: [] };
    return yield* predictFrom(after, volumeRows(mask.bits, engineSize), options);
  }

  /** Everything starts anew with this mask (spec §5.6). */
  async function* addInitialMask(
    prompt: Extract<Prompt, { kind: "initial" }>,
    options: ApplyOptions,
  ): AsyncGenerator<Step, Outcome, void> {
    const { record, shape, view } = checkInitialMask(prompt, size, settings);
    const fresh = new Uint8Array(mask.bits.length);
    if (shape !== undefined) pasteBits(shape.bits, fresh, size, swapBoxAxes(shape.box));
    const replaced = uniteBoxes(timeline.box(), shape?.box);
    const copied = replaced === undefined ? [] : [{ ...volumeRows(fresh, engineSize), box: replaced }];
    const predicted = options.predict === true ? asked(options, true).predicted : false;
    const after = { prompts: { ...startFromMask(record, shape), predicted }, queued: view };
    if (options.predict !== true) return { after: { prompts: after.prompts }, masks: copied };
    const change = yield* predictFrom(after, volumeRows(fresh, engineSize), options, shape?.box);
    return { ...change, masks: [...copied, ...change.masks] };
  }

  async function* predictFrom(
    { prompts, queued }: PromptState,
    previous: MaskRows,
    { autozoom = true, signal }: PredictOptions,
    refineAll?: Box,
  ): AsyncGenerator<Step, Outcome, void> {
    const after: PromptState = { prompts };
    if (queued === undefined) return { after, masks: [] };
    const prediction = yield* predictMask({
      scene: {
        image,
        size: engineSize,
        settings,
        prompts: drawables(prompts, settings, engineSize),
        intensity: prompts?.intensity ?? 1,
        previous,
      },
      start: queued,
      reach: correctionReach({ prompts, queued }, previous, engineSize, voxelSize, settings.reach),
      point: settings.heedsPoints ? heededPoint(prompts, voxelSize) : undefined,
      model,
      autozoom,
      refineAll,
      random: (options.random ?? ((count: number) => seededIndex(seed, count)))(promptNodes(prompts).length),
      signal,
      now: clock,
      pause,
    });
    return { after, masks: prediction.masks, predictions: [prediction], written: prediction.changed };
  }

  /** The prompts that the edit leaves alone stay as they are; the others are predicted again on a mask of their own. */
  async function* replay(edit: PromptEdit, { autozoom, signal }: PredictOptions): AsyncGenerator<Step, Outcome, void> {
    const plan = planReplay(edit, timeline.now, timeline.history, {
      size,
      settings,
      predicted: asked({ autozoom }).predicted,
    });
    const fresh: MaskBits = { bits: new Uint8Array(mask.bits.length), size };
    let after: PromptState = plan.start === undefined ? {} : timeline.rewind(fresh, plan.start);
    const predictions: Prediction[] = [];
    let passes = 0;
    for (const [index, next] of plan.replay.entries()) {
      after = followedBy(after.prompts, next, settings);
      if (next.initial !== undefined)
        pasteBits(expandBits(next.initial.bits as PackedBits), fresh.bits, size, swapBoxAxes(next.initial.box));
      if (next.predicted === false || after.queued === undefined) continue;
      const { autozoom, refineAll } = next.predicted ?? {};
      const whole = refineAll ? bitsBoundingBox(fresh.bits, size) : undefined;
      const call = predictFrom(
        after,
        volumeRows(fresh.bits, engineSize),
        { autozoom, signal },
        whole && swapBoxAxes(whole),
      );
      const change = yield* countedOn(call, passes, plan.replay.length - 1 - index);
      for (const rows of change.masks) {
        const box = clipBox(rows.box, engineSize);
        if (!isEmptyBox(box)) writeBits(fresh, swapBoxAxes(box), collectBits(rows, box));
      }
      predictions.push(...(change.predictions ?? []));
      passes = predictions.reduce((sum, prediction) => sum + prediction.passes, 0);
      after = change.after as PromptState;
    }
    const found = bitsBoundingBox(fresh.bits, size);
    const replaced = uniteBoxes(timeline.box(), found && swapBoxAxes(found));
    const masks = replaced === undefined ? [] : [{ ...volumeRows(fresh.bits, engineSize), box: replaced }];
    return { after, masks, predictions };
  }

  /** Nothing is awaited from here on: the segmenter goes from the old state to the new one at once. */
  function commit(change: Outcome, started: number): Applied {
    return report(timeline.commit(change).changed, started, change.predictions);
  }

  function report(changed: Box | undefined, started: number, predictions: readonly Prediction[] = []): Applied {
    const sum = (of: (prediction: Prediction) => number) => predictions.reduce((total, one) => total + of(one), 0);
    return {
      changed,
      zooms: predictions.flatMap(({ views }) => views.map((view) => view.zoom)),
      coarseBoxes: predictions.flatMap(({ views }) => views.map((view) => swapBoxAxes(view.box))),
      boxes: predictions.flatMap(({ boxes }) => boxes.map(swapBoxAxes)),
      passes: sum(({ passes }) => passes),
      voxels: timeline.voxels,
      randomLeftover: sum(({ randomLeftover }) => randomLeftover),
      secondsNetwork: sum(({ secondsNetwork }) => secondsNetwork),
      secondsTotal: (clock() - started) / 1000,
    };
  }

  function refuseWhileBusy(): void {
    if (!busy) return;
    throw new SegmentError("SegmenterBusy", "Cannot change this object now: an earlier call on it is still running");
  }

  return {
    mask: mask.bits,
    get voxels() {
      return timeline.voxels;
    },
    get prompts() {
      return promptNodes(timeline.now.prompts).map((node) => node.record);
    },
    get intensity() {
      return timeline.now.prompts?.intensity ?? 1;
    },
    get undoable() {
      return timeline.history.undo.length;
    },
    get redoable() {
      return timeline.history.redo.length;
    },
    get bytes() {
      return timeline.bytes;
    },
    apply: (prompt, options = {}) => transact(() => addPrompt(prompt, options), options.signal),
    predict: (options: PredictCallOptions = {}) =>
      transact(async function* () {
        const { now } = timeline;
        if (now.queued === undefined) return { after: now, masks: [], extend: true };
        const refineAll = options.forceFullRefine ? timeline.box() : undefined;
        const change = yield* predictFrom(now, volumeRows(mask.bits, engineSize), options, refineAll);
        const { predicted } = asked(options, options.forceFullRefine);
        const prompts = now.prompts && { ...now.prompts, predicted };
        return { ...change, after: { prompts }, extend: !options.ownStep };
      }, options.signal),
    rewrite: (edit, options = {}) => transact(() => replay(edit, options), options.signal),
    undo: () => {
      refuseWhileBusy();
      const started = clock();
      const moved = timeline.undo();
      return moved && report(moved.changed, started);
    },
    redo: () => {
      refuseWhileBusy();
      const started = clock();
      const moved = timeline.redo();
      return moved && report(moved.changed, started);
    },
    reset: () => {
      refuseWhileBusy();
      const box = timeline.box();
      const empty = box && bitRows(new Uint8Array(bitBytes(boxVoxels(box))), box);
      return commit({ after: {}, masks: empty ? [empty] : [] }, clock());
    },
    edit: (box, bits) => {
      refuseWhileBusy();
      const started = clock();
      if (sameBits(bits, cutBits(mask.bits, size, box))) return report(undefined, started);
      const after = () => ({ prompts: startFromEdit(timeline.box(), box) });
      return commit({ after, masks: [bitRows(bits, swapBoxAxes(box))] }, started);
    },
    gained: () => {
      const step = timeline.history.undo.at(-1);
      return step && gainedBy(step, mask);
    },
    lost: (box) => lostIn(timeline.history.undo, box),
    trim: ({ box, bits }, { extend = false } = {}) => {
      refuseWhileBusy();
      const left = cutBits(mask.bits, size, box);
      for (let n = 0; n < left.length; n++) left[n] &= ~bits[n];
      return commit({ after: { ...timeline.now }, masks: [bitRows(left, swapBoxAxes(box))], extend }, clock());
    },
    state: timeline.state,
    save: timeline.save,
  };
}

function sameBits(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, n) => byte === b[n]);
}

/** How the network is asked, to be kept with the prompt. */
function asked({ predict, autozoom }: ApplyOptions, refineAll = false): Pick<PromptNode, "predicted"> {
  if (predict === false) return { predicted: false };
  if (autozoom !== false && !refineAll) return {};
  return { predicted: { ...(autozoom === false && { autozoom }), ...(refineAll && { refineAll }) } };
}

/** Runs `apply`, `predict` or `rewrite` to its end, handing each step to `onStep`. */
export async function finish(
  call: AsyncGenerator<Step, Applied, void>,
  onStep?: (step: Step) => void,
): Promise<Applied> {
  for (;;) {
    const { done, value } = await call.next();
    if (done) return value;
    onStep?.(value);
  }
}
