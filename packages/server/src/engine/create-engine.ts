import { availableParallelism } from "node:os";
import * as modelPackage from "@septum/model";
import { collectGarbage } from "./collect-garbage.ts";
import { createDevicePasses } from "./device-passes.ts";
import type { EndedPass, Engine, OpenImage } from "./engine.ts";
import { EngineClosedError, knowErrors } from "./errors.ts";
import { openDecoded } from "./open-image.ts";
import type { HostMethods, SegmentMethods, SegmentThreadData } from "./segment-protocol.ts";
import { createSegmentThreads } from "./segment-threads.ts";
import { createTaskPool } from "./task-pool.ts";
import { startThread } from "./thread.ts";

export interface EngineOptions {
  /** The model folder, where compiled graphs are kept, and which device to use. */
  readonly model: modelPackage.LoadOptions;
  /** Threads that hold images and build patches; default: half the cores, at most 4. */
  readonly segmentThreads?: number;
  /** Told of every pass when it has ended. */
  readonly onPass?: (pass: EndedPass) => void;
}

knowErrors(modelPackage);

/** Longer than spare threads of the task pool live when idle, so that there is little left to collect. */
const releaseDelayMs = 3_000;

/**
 * Loads the model and starts the threads.
 *
 * @throws what `loadModel` of `@septum/model` throws
 */
export async function createEngine({ model: options, segmentThreads, onPass }: EngineOptions): Promise<Engine> {
  const { model, facts, secondsPerPass, close: closeModel } = await modelPackage.loadModel(options);
  const passes = createDevicePasses(model, { onPass, secondsPerPass });
  const threadData: SegmentThreadData = { settings: model.settings };
  const startSegmentThread = () =>
    startThread<SegmentMethods, HostMethods>("segment-worker", threadData, passes.handlers);
  const threads = createSegmentThreads(segmentThreads ?? defaultThreads(), startSegmentThread);
  const tasks = createTaskPool();
  const images = new Set<OpenImage>();
  const closing = new AbortController();
  let lastImage = 0;
  let release: NodeJS.Timeout | undefined;

  /** Soon, and once for all that is closed until then: it stops every thread for some milliseconds. */
  function releaseSoon(): void {
    release ??= setTimeout(() => {
      release = undefined;
      collectGarbage();
      threads.collect();
      tasks.collect();
    }, releaseDelayMs).unref();
  }

  return {
    model: { ...facts, settings: model.settings },
    get secondsPerPass() {
      return passes.secondsPerPass ?? null;
    },
    queue: {
      get waiting() {
        return passes.waiting;
      },
      get running() {
        return passes.running;
      },
    },
    async openImage(path, { signal, maxBytes, frame }) {
      const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      const decoded = await tasks.run("decode", { path, maxBytes, frame }, either);
      either.throwIfAborted();
      const seat = threads.seat();
      const onClose = () => images.delete(image);
      const image: OpenImage = await openDecoded(decoded, {
        seat,
        id: ++lastImage,
        tasks,
        passes,
        onClose,
        onRelease: releaseSoon,
      });
      images.add(image);
      return image;
    },
    async ping() {
      await Promise.all([threads.ping(), tasks.run("ping", undefined)]);
    },
    async close() {
      closing.abort(new EngineClosedError());
      for (const image of images) image.close();
      clearTimeout(release);
      // Side by side: a running pass ends because its device is closed, not the other way round.
      await Promise.all([passes.close(), threads.close(), tasks.close(), closeModel()]);
    },
  };
}

function defaultThreads(): number {
  return Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2)));
}
