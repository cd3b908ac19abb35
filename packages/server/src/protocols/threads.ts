import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import { decodeError, EngineClosedError, knowErrors, TaskLostError } from "../engine/errors.ts";
import type { Outcome } from "../engine/task.ts";
import { workerExecArgv, workerFile } from "../engine/worker-file.ts";
import { BadArrayError } from "./nninteractive/bad-array.ts";
import type * as tasks from "./tasks.ts";

knowErrors({ BadArrayError });

type Tasks = typeof tasks;

type Result<K extends keyof Tasks> = Awaited<ReturnType<Tasks[K]>> extends Outcome<infer R> ? R : never;

/** Threads that read and write what foreign clients send and want. */
export interface ProtocolThreads {
  /** On abort the task's thread is ended and the signal's reason thrown. */
  run<K extends keyof Tasks>(name: K, args: Parameters<Tasks[K]>[0], signal?: AbortSignal): Promise<Result<K>>;
  close(): Promise<void>;
}

/** As many as a few clients at once need; they start with the first call, and end when there has been none for a while. */
const mostThreads = 4;
const idleMs = 30_000;

export function createProtocolThreads(): ProtocolThreads {
  let pool: Piscina | undefined;
  let closed = false;

  function start(): Piscina {
    return new Piscina({
      filename: fileURLToPath(workerFile("../protocols/tasks")),
      execArgv: workerExecArgv,
      minThreads: 0,
      maxThreads: mostThreads,
      idleTimeout: idleMs,
      atomics: "disabled",
      recordTiming: false,
    }).on("error", () => {});
  }

  return {
    async run(name, args, signal) {
      signal?.throwIfAborted();
      if (closed) throw new EngineClosedError();
      pool ??= start();
      const outcome = await pool.run(args, { name, signal }).catch((cause: unknown) => {
        if (signal?.aborted) throw signal.reason;
        if (closed) throw new EngineClosedError();
        throw new TaskLostError("The thread that worked on this stopped: try again", { cause });
      });
      if (outcome.error) throw decodeError(outcome.error);
      return outcome.result;
    },
    async close() {
      closed = true;
      await pool?.destroy();
    },
  };
}
