/** A thread that holds images and their objects: it builds the patches, and asks the engine to run the network on them. */
import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import {
  type Applied,
  createSegmenter,
  editMask,
  type Model,
  type Neighbour,
  type PreparedImage,
  type Segmenter,
  type Step,
  settle,
  settledPreview,
} from "@septum/segment";
import { bitsBoundingBox, wholeBox } from "@septum/volume";
import { collectGarbage } from "./collect-garbage.ts";
import type { Beside, PassProgress } from "./engine.ts";
import { runInTurns } from "./in-turns.ts";
import { connect, type Port, type Remote, transferring } from "./rpc.ts";
import type {
  Changed,
  HostMethods,
  ObjectFacts,
  ObjectKey,
  PassesCall,
  SegmentMethods,
  SegmentThreadData,
} from "./segment-protocol.ts";

interface HostedObject {
  readonly segmenter: Segmenter;
  /** The call whose passes are being asked for. */
  job?: number;
  /** Its latest pass. */
  step?: Step;
  /** What it is to be settled with. */
  beside?: Beside;
}

interface HostedImage {
  readonly prepared: PreparedImage;
  readonly objects: Map<number, HostedObject>;
}

const { settings } = workerData as SegmentThreadData;
const images = new Map<number, HostedImage>();

const host: Remote<HostMethods> = connect<HostMethods, SegmentMethods>(parentPort as Port, {
  openImage({ image, prepared }) {
    images.set(image, { prepared, objects: new Map() });
    return undefined;
  },
  closeImage({ image }) {
    images.delete(image);
    return undefined;
  },
  openObject({ image, label, mask, saved }) {
    const { prepared, objects } = imageOf(image);
    const hosted: HostedObject = {
      segmenter: createSegmenter({
        image: prepared,
        model: modelOf(() => hosted.job as number),
        mask,
        saved,
        pause: () => setImmediate(),
      }),
    };
    objects.set(label, hosted);
    return factsOf(hosted);
  },
  closeObject({ image, label }) {
    images.get(image)?.objects.delete(label);
    return undefined;
  },
  apply(call, { signal, emit }) {
    const { prompt, predict, autozoom } = call;
    return runSteps(call, emit, ({ apply }) => apply(prompt, { predict, autozoom, signal }));
  },
  predict(call, { signal, emit }) {
    const { autozoom, full: forceFullRefine, ownStep } = call;
    return runSteps(call, emit, ({ predict }) => predict({ autozoom, forceFullRefine, ownStep, signal }));
  },
  rewrite(call, { signal, emit }) {
    const { edit, autozoom } = call;
    return runSteps(call, emit, ({ rewrite }) => rewrite(edit, { autozoom, signal }));
  },
  async edit({ edit, ...key }, { signal }) {
    const hosted = objectOf(key);
    const { segmenter } = hosted;
    const { volume } = imageOf(key.image).prepared;
    const made = await runInTurns(editMask(edit, segmenter.mask, volume), signal);
    const { box, bits } = made ?? { box: wholeBox([0, 0, 0]), bits: new Uint8Array(0) };
    return { applied: segmenter.edit(box, bits), facts: factsOf(hosted) };
  },
  settle({ beside, ...key }) {
    const hosted = objectOf(key);
    const { size } = imageOf(key.image).prepared.volume;
    const settlement = settle(hosted.segmenter, neighboursOf(key, beside), size, beside);
    const facts = new Map([[key.label, factsOf(hosted)]]);
    for (const { label } of beside.others) facts.set(label, factsOf(objectOf({ ...key, label })));
    return { settlement, facts };
  },
  undo(key) {
    const hosted = objectOf(key);
    return { applied: hosted.segmenter.undo(), facts: factsOf(hosted) };
  },
  redo(key) {
    const hosted = objectOf(key);
    return { applied: hosted.segmenter.redo(), facts: factsOf(hosted) };
  },
  reset(key) {
    const hosted = objectOf(key);
    return { applied: hosted.segmenter.reset(), facts: factsOf(hosted) };
  },
  preview(key) {
    // Asked by somebody who watches: the object may be gone by now.
    const hosted = images.get(key.image)?.objects.get(key.label);
    if (!hosted?.step) return undefined;
    const { step, segmenter, beside } = hosted;
    const { size } = imageOf(key.image).prepared.volume;
    const { preview } = step;
    const bits = beside ? settledPreview(preview, segmenter, neighboursOf(key, beside), size, beside) : preview.bits();
    return transferring({ number: step.passes, box: preview.box, bits }, [bits.buffer]);
  },
  bounds(key) {
    const { mask } = objectOf(key).segmenter;
    return bitsBoundingBox(mask, imageOf(key.image).prepared.volume.size);
  },
  save(key) {
    const change = objectOf(key).segmenter.save();
    return transferring(
      change,
      [...change.put.values()].map(({ buffer }) => buffer),
    );
  },
  collect() {
    collectGarbage();
    return undefined;
  },
  ping: () => undefined,
});

/** Runs a call of the segmenter to its end, telling of every pass. */
async function runSteps(
  { job, beside, ...key }: PassesCall,
  emit: (progress: PassProgress) => void,
  run: (segmenter: Segmenter) => AsyncGenerator<Step, Applied, void>,
): Promise<Changed> {
  const hosted = objectOf(key);
  // A second call meanwhile is refused by the segmenter, and must not take over the passes of the first.
  hosted.job ??= job;
  if (hosted.job === job) hosted.beside = beside;
  try {
    const steps = run(hosted.segmenter);
    let step = await steps.next();
    while (!step.done) {
      hosted.step = step.value;
      emit(progressOf(step.value));
      step = await steps.next();
    }
    return { applied: step.value, facts: factsOf(hosted) };
  } finally {
    if (hosted.job === job) {
      hosted.job = undefined;
      hosted.step = undefined;
      hosted.beside = undefined;
    }
  }
}

/** The network as a segmenter sees it: every pass is a call to the engine, and its buffers move there. */
function modelOf(job: () => number): Model {
  return {
    settings,
    predict(patch, { signal, pass: stage = "coarse" } = {}) {
      const { image, previous, promptIndex, promptValue } = patch;
      const transfer = [image.buffer, previous.buffer, promptIndex.buffer, promptValue.buffer];
      return host.call("pass", { job: job(), stage, patch }, { signal, transfer });
    },
  };
}

function imageOf(image: number): HostedImage {
  const hosted = images.get(image);
  if (!hosted) throw new Error(`There is no image ${image} in this thread`);
  return hosted;
}

function objectOf({ image, label }: ObjectKey): HostedObject {
  const hosted = imageOf(image).objects.get(label);
  if (!hosted) throw new Error(`There is no object ${label} on image ${image}`);
  return hosted;
}

function neighboursOf(key: ObjectKey, { others }: Beside): Neighbour[] {
  return others.map(({ label, locked }) => ({ label, locked, segmenter: objectOf({ ...key, label }).segmenter }));
}

function factsOf({ segmenter }: HostedObject): ObjectFacts {
  const { voxels, prompts, undoable, redoable, bytes } = segmenter;
  return { voxels, prompts: prompts.length, undoable, redoable, bytes };
}

/**
 * What is still to come is known once the refinement is planned; a zoomed look is followed by one pass at least, and so is
 * every prompt that is still to be replayed.
 */
function progressOf(step: Step): PassProgress {
  const { following = 0 } = step;
  const toCome = following + (step.type === "refine" ? step.count - 1 - step.index : step.zoom > 1 ? 1 : 0);
  return { stage: step.type, done: step.passes, expected: step.passes + toCome, preview: step.passes };
}
