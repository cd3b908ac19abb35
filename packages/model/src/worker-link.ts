import { Worker } from "node:worker_threads";
import type { ModelSettings, Patch } from "@septum/segment";
import type { Vec3 } from "@septum/volume";
import { DeviceLost, PassFailed } from "./errors.ts";
import { moduleFile } from "./module-file.ts";
import type { SessionOptions } from "./session.ts";

export interface WorkerOptions extends SessionOptions {
  readonly settings: Pick<ModelSettings, "channels">;
  /** Patch of the pass that has to succeed before the worker is ready. */
  readonly warmUpSize: Vec3;
}

export type WorkerAnswer =
  | { readonly kind: "ready"; readonly secondsPerPass: number }
  | { readonly kind: "mask"; readonly mask: Uint8Array<ArrayBuffer> }
  | { readonly kind: "failed"; readonly reason: string };

/** The near end of a device thread. */
export interface WorkerLink {
  /** What a pass takes, by a small one before the first that was asked for. */
  readonly secondsPerPass: number;
  run(patch: Patch, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

interface Pass {
  readonly patch: Patch;
  resolve(mask: Uint8Array<ArrayBuffer>): void;
  reject(reason: unknown): void;
}

/**
 * Starts a device thread; resolves once a first pass succeeded on it.
 *
 * Passes wait on this side, so that an aborted one leaves the queue, and the thread holds one at a time.
 *
 * @param onEnd called once when the thread has ended, for whatever reason
 * @throws DeviceLost with the thread's reason when it does not get ready
 */
export async function startWorker(options: WorkerOptions, onEnd: () => void): Promise<WorkerLink> {
  const worker = new Worker(moduleFile("./device-worker.ts"), {
    workerData: options,
    execArgv: [],
    name: "septum-device",
  });
  const waiting: Pass[] = [];
  let running: Pass | undefined;
  let ended: DeviceLost | undefined;
  let failure = "the device thread ended";
  let onIdle = () => {};

  function next(): void {
    if (running !== undefined || ended !== undefined) return;
    running = waiting.shift();
    if (running === undefined) return;
    const { image, previous, promptIndex, promptValue } = running.patch;
    const buffers = new Set([image.buffer, previous.buffer, promptIndex.buffer, promptValue.buffer]);
    if ([...buffers].some(isDetached)) {
      running.reject(new PassFailed("Cannot run a patch whose buffers were handed over before"));
      running = undefined;
      next();
    } else {
      worker.postMessage(running.patch, [...buffers]);
    }
  }

  /** Nothing more is run, and whoever waits for a pass is told. */
  function end(): DeviceLost {
    ended ??= new DeviceLost(`The device stopped: ${failure}`);
    for (const pass of [running, ...waiting.splice(0)]) pass?.reject(ended);
    return ended;
  }

  const secondsPerPass = await new Promise<number>((resolveReady, rejectReady) => {
    worker.on("message", (answer: WorkerAnswer) => {
      if (answer.kind === "ready") return resolveReady(answer.secondsPerPass);
      const pass = running;
      running = undefined;
      onIdle();
      if (answer.kind === "mask") pass?.resolve(answer.mask);
      else if (pass === undefined) failure = answer.reason;
      else pass.reject(new PassFailed(`The network failed: ${answer.reason}`));
      next();
    });
    worker.on("error", (error) => {
      failure = error.message;
    });
    worker.on("exit", () => {
      rejectReady(end());
      running = undefined;
      onIdle();
      onEnd();
    });
  });

  return {
    secondsPerPass,
    run(patch, signal) {
      return new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const onAbort = () => {
          const at = waiting.indexOf(pass);
          if (at >= 0) waiting.splice(at, 1);
          reject(signal?.reason);
        };
        const done = <T>(settle: (value: T) => void) => {
          return (value: T) => {
            signal?.removeEventListener("abort", onAbort);
            settle(value);
          };
        };
        const pass: Pass = { patch, resolve: done(resolve), reject: done(reject) };
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.push(pass);
        next();
      });
    },
    async close() {
      failure = "it was closed";
      end();
      // The runtime aborts the whole process when its thread is ended in the middle of a pass.
      if (running !== undefined) await new Promise<void>((resolve) => (onIdle = resolve));
      await worker.terminate();
    },
  };
}

/** Node 20 posts a detached buffer without complaint, and the message never arrives. */
function isDetached(buffer: ArrayBuffer): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
