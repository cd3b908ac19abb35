import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import { decodeError, EngineClosedError, TaskLostError } from "./errors.ts";
import type { Outcome } from "./task.ts";
import type * as tasks from "./tasks.ts";
import { workerExecArgv, workerFile } from "./worker-file.ts";

type Tasks = typeof tasks;

/** What a task gives in the end, when its thread has sent it. */
type Result<K extends keyof Tasks> = Awaited<ReturnType<Tasks[K]>> extends Outcome<infer R> ? R : never;

/** Threads for work that needs nothing but its arguments and shared memory. */
export interface TaskPool {
  /** On abort the task's thread is ended, which also frees its memory, and the signal's reason thrown. */
  run<K extends keyof Tasks>(name: K, args: Parameters<Tasks[K]>[0], signal?: AbortSignal): Promise<Result<K>>;
  /** Lets idle threads give back the shared memory of what was closed. */
  collect(): void;
  close(): Promise<void>;
}

/** Minutes of work, such as a large upload, must not stand in the way of a slice that somebody scrolls to. */
const longTasks: ReadonlySet<keyof Tasks> = new Set(["decode", "packImage", "packLabels", "exportMasks", "readMasks"]);

export function createTaskPool(): TaskPool {
  const short = createThreads(availableParallelism());
  const long = createThreads(Math.max(2, Math.ceil(availableParallelism() / 2)));
  let closed = false;
  return {
    async run(name, args, signal) {
      signal?.throwIfAborted();
      if (closed) throw new EngineClosedError();
      const pool = longTasks.has(name) ? long : short;
      const outcome = await pool.run(args, { name, signal }).catch((cause: unknown) => {
        if (signal?.aborted) throw signal.reason;
        // What a task throws comes as an outcome: this is the end of its thread.
        if (closed) throw new EngineClosedError();
        throw new TaskLostError("The thread that worked on this stopped: try again", { cause });
      });
      if (outcome.error) throw decodeError(outcome.error);
      return outcome.result;
    },
    collect() {
      for (const pool of [short, long]) {
        // As many at once as there are threads: each idle one takes one. A busy one collects with its next large task.
        for (const _ of pool.threads) pool.run(undefined, { name: "collect" }).catch(() => {});
      }
    },
    async close() {
      closed = true;
      await Promise.all([short.destroy(), long.destroy()]);
    },
  };
}

function createThreads(maxThreads: number): Piscina {
  const pool = new Piscina({
    filename: fileURLToPath(workerFile("tasks")),
    execArgv: workerExecArgv,
    minThreads: 1,
    maxThreads,
    idleTimeout: 2_000,
    // Waiting in the event loop instead of in `Atomics.wait` lets an idle thread drop what it no longer needs.
    atomics: "disabled",
    recordTiming: false,
  });
  // The death of an idle thread is nobody's failure: the pool starts another.
  return pool.on("error", () => {});
}
