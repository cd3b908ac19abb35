import { createTurns, type Stage } from "./turns.ts";

/** One pass of the network, waiting for the device. */
export interface PassRequest<R> {
  /** Whose turn it takes: the session. */
  readonly owner: string;
  readonly stage: Stage;
  readonly signal?: AbortSignal;
  run(): Promise<R>;
  /** Called when the pass has to wait, and again whenever its place changes: passes of others that run before it. */
  onWait?(ahead: number): void;
}

/** Gives the one device to one pass at a time. */
export interface PassQueue {
  readonly waiting: number;
  readonly running: number;
  /**
   * Resolves to what `run` gave. Rejects with the signal's reason on abort: a waiting pass is removed at once; a running
   * one is left to finish, since a network cannot be stopped half-way, and its result dropped before the next one starts.
   */
  submit<R>(request: PassRequest<R>): Promise<R>;
  /** Rejects everything that waits. Resolves when the running pass has ended. */
  close(reason: Error): Promise<void>;
}

interface Entry {
  readonly owner: string;
  /** Never rejects: the outcome has gone to the one who waits. */
  start(): Promise<void>;
  reject(reason: unknown): void;
  onWait?(ahead: number): void;
  ahead?: number;
}

export function createPassQueue(): PassQueue {
  const turns = createTurns<Entry>();
  let running: Entry | undefined;
  let ended: Promise<void> = Promise.resolve();
  let closed: Error | undefined;

  function advance(): void {
    if (running === undefined) {
      const entry = turns.next();
      if (entry !== undefined) {
        running = entry;
        ended = entry.start().then(() => {
          running = undefined;
          advance();
        });
      }
    }
    tellPlaces();
  }

  function tellPlaces(): void {
    const before = running ? [running] : [];
    for (const entry of turns.order()) {
      const ahead = before.filter(({ owner }) => owner !== entry.owner).length;
      before.push(entry);
      if (entry.ahead === ahead) continue;
      entry.ahead = ahead;
      entry.onWait?.(ahead);
    }
  }

  return {
    get waiting() {
      return turns.size;
    },
    get running() {
      return running ? 1 : 0;
    },
    submit<R>({ owner, stage, signal, run, onWait }: PassRequest<R>) {
      return new Promise<R>((resolve, reject) => {
        if (closed) return reject(closed);
        if (signal?.aborted) return reject(signal.reason);
        const entry: Entry = {
          owner,
          onWait,
          async start() {
            try {
              resolve(await run());
            } catch (error) {
              reject(error);
            } finally {
              signal?.removeEventListener("abort", abort);
            }
          },
          reject(reason) {
            signal?.removeEventListener("abort", abort);
            reject(reason);
          },
        };
        const abort = () => {
          reject(signal?.reason);
          if (turns.remove(entry)) advance();
        };
        signal?.addEventListener("abort", abort, { once: true });
        turns.add(owner, stage, entry);
        advance();
      });
    },
    async close(reason) {
      closed = reason;
      for (let entry = turns.next(); entry !== undefined; entry = turns.next()) entry.reject(reason);
      await ended;
    },
  };
}
