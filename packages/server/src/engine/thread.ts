import { Worker } from "node:worker_threads";
import { connect, type Handlers, type Methods, type Remote } from "./rpc.ts";
import { workerExecArgv, workerFile } from "./worker-file.ts";

export interface Thread<M extends Methods> {
  readonly remote: Remote<M>;
  /** Resolves when the thread has ended, with why: also after `stop`. */
  readonly ended: Promise<Error>;
  stop(): Promise<void>;
}

/** Starts the compiled worker `name` and connects to it, both ways. */
export function startThread<Theirs extends Methods, Ours extends Methods>(
  name: string,
  workerData: unknown,
  handlers: Handlers<Ours>,
): Thread<Theirs> {
  const worker = new Worker(workerFile(name), { workerData, name, execArgv: workerExecArgv });
  const remote = connect<Theirs, Ours>(worker, handlers);
  const ended = new Promise<Error>((resolve) => {
    // An uncaught error comes first and ends the thread; `exit` alone is a stop, from inside or outside.
    worker.once("error", (error) => resolve(error));
    worker.once("exit", (code) => resolve(new Error(`The thread ended with code ${code}`)));
  });
  return {
    remote,
    ended,
    async stop() {
      await worker.terminate();
    },
  };
}
