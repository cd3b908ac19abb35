import type { Prompt, SavedParts, Applied as SegmenterApplied } from "@septum/segment";
import { type Box, bitBytes, boxContains, boxVoxels, cutBits, formatBox, type Vec3, wholeBox } from "@septum/volume";
import type { DevicePasses, Job } from "./device-passes.ts";
import type { Applied, ApplyOptions, PredictOptions, RewriteOptions, SegmentObject } from "./engine.ts";
import { createGate, type Gate, reading } from "./gate.ts";
import type { Remote } from "./rpc.ts";
import type { Changed, ObjectFacts, ObjectKey, PassesCall, SegmentMethods } from "./segment-protocol.ts";
import type { TaskPool } from "./task-pool.ts";

/** The parts of the engine an object works with. */
export interface ObjectParts {
  readonly remote: Remote<SegmentMethods>;
  readonly passes: DevicePasses;
  readonly tasks: TaskPool;
}

/** A mask of so many voxels is cut out in a fraction of a millisecond: less than a thread takes to wake. */
const fewVoxels = 64 ** 3;

/** An object as its image sees it. */
export interface HeldObject extends SegmentObject {
  readonly bytes: number;
  /** In shared memory, one bit per voxel of the volume; to be read behind the gate. */
  readonly mask: Uint8Array;
  readonly gate: Gate;
  /** Takes note of what became of the object in a call that was about another. */
  learn(facts: ObjectFacts): void;
  /** Stops what is under way and lets go of the object's memory. */
  close(): void;
}

export async function openObject(
  parts: ObjectParts,
  key: ObjectKey,
  size: Vec3,
  saved?: SavedParts,
): Promise<HeldObject> {
  const { remote, passes, tasks } = parts;
  const gate = createGate();
  /** Dropped on closing, so that whoever keeps this object does not keep its memory. */
  let bits: Uint8Array | undefined = new Uint8Array(new SharedArrayBuffer(bitBytes(size[0] * size[1] * size[2])));
  let facts: ObjectFacts = await remote.call("openObject", {
    ...key,
    mask: bits,
    saved: saved && new Map([...saved].map(([part, bytes]) => [part, compact(bytes)])),
  });
  const closing = new AbortController();

  async function runPasses<M extends "apply" | "predict" | "rewrite">(
    method: M,
    { owner, beside, signal, onProgress }: RewriteOptions,
    call: Omit<SegmentMethods[M]["args"], keyof PassesCall>,
  ): Promise<Applied> {
    const start = performance.now();
    const job: Job = {
      owner,
      gate,
      signal: signal ? AbortSignal.any([signal, closing.signal]) : closing.signal,
      onProgress,
      progress: { stage: "waiting", done: 0, expected: 1 },
    };
    const running = await passes.begin(job);
    try {
      const changed: Changed = await remote.call(
        method,
        { ...key, ...call, beside, job: running.id } as SegmentMethods[M]["args"],
        {
          signal: job.signal,
          onEvent(progress) {
            job.progress = progress;
            job.onProgress?.(progress);
          },
        },
      );
      facts = changed.facts;
      const times = { secondsNetwork: running.secondsNetwork, secondsTotal: (performance.now() - start) / 1000 };
      return { ...appliedOf(changed.applied as SegmenterApplied), ...times };
    } finally {
      running.end();
    }
  }

  function maskOf(): Uint8Array {
    if (!bits) throw new RangeError(`Object ${key.label} was removed: create it again`);
    return bits;
  }

  /** A change without the network. */
  async function change(method: "undo" | "redo" | "reset"): Promise<Changed> {
    const leave = await gate.enter("writer");
    try {
      const changed = await remote.call(method, key);
      facts = changed.facts;
      return changed;
    } finally {
      leave();
    }
  }

  return {
    label: key.label,
    gate,
    get mask() {
      return maskOf();
    },
    get voxels() {
      return facts.voxels;
    },
    get prompts() {
      return facts.prompts;
    },
    get undoable() {
      return facts.undoable;
    },
    get redoable() {
      return facts.redoable;
    },
    get bytes() {
      return facts.bytes;
    },
    apply: (prompt, options: ApplyOptions) =>
      runPasses("apply", options, {
        prompt: compactPrompt(prompt),
        predict: options.predict,
        autozoom: options.autozoom,
      }),
    predict: (options: PredictOptions) =>
      runPasses("predict", options, { autozoom: options.autozoom, full: options.full, ownStep: options.ownStep }),
    rewrite: (edit, options) =>
      runPasses("rewrite", options, {
        edit: "prompt" in edit ? { ...edit, prompt: compactPrompt(edit.prompt) } : edit,
        autozoom: options.autozoom,
      }),
    async edit(edit, { signal } = {}) {
      const start = performance.now();
      // Readers wait until it is done; the object's other calls, too.
      const leave = await gate.enter("writer");
      try {
        const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
        const changed = await remote.call("edit", { ...key, edit }, { signal: either });
        facts = changed.facts;
        const secondsTotal = (performance.now() - start) / 1000;
        return { ...appliedOf(changed.applied as SegmenterApplied), secondsTotal };
      } finally {
        leave();
      }
    },
    async undo() {
      const { applied } = await change("undo");
      return applied && appliedOf(applied);
    },
    async redo() {
      const { applied } = await change("redo");
      return applied && appliedOf(applied);
    },
    async reset() {
      const { applied } = await change("reset");
      return appliedOf(applied as SegmenterApplied);
    },
    async maskBits(box) {
      checkBox(box, size);
      return reading([gate], async () =>
        boxVoxels(box) <= fewVoxels
          ? cutBits(maskOf(), size, box)
          : tasks.run("cutMask", { bits: maskOf(), size, box }),
      );
    },
    preview: () => remote.call("preview", key),
    bounds: () => remote.call("bounds", key),
    save: () => remote.call("save", key),
    learn(learnt) {
      facts = learnt;
    },
    close() {
      bits = undefined;
      closing.abort(new DOMException(`Object ${key.label} was removed`, "AbortError"));
      // A thread that is gone has nothing to forget.
      remote.call("closeObject", key).catch(() => {});
    },
  };
}

/** @throws {RangeError} unless the box lies inside the volume */
export function checkBox(box: Box, size: Vec3): void {
  if (boxContains(wholeBox(size), box)) return;
  throw new RangeError(`Cannot read masks over ${formatBox(box)}: volume size is [${size.join(", ")}]`);
}

function compactPrompt<P extends Prompt>(prompt: P): P {
  return "mask" in prompt ? { ...prompt, mask: compact(prompt.mask) } : prompt;
}

/** Posting a view copies all of the buffer behind it: a part is cut out first. Shared memory is not copied at all. */
function compact(bytes: Uint8Array): Uint8Array {
  const partial = bytes.byteLength < bytes.buffer.byteLength && !(bytes.buffer instanceof SharedArrayBuffer);
  return partial ? bytes.slice() : bytes;
}

function appliedOf({ changed, voxels, passes, zooms, secondsNetwork, secondsTotal }: SegmenterApplied): Applied {
  return { changed, voxels, passes, zooms, secondsNetwork, secondsTotal };
}
