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
  /**
   * Says that the owner is at work and asks for one pass after another; the returned function, to be called once, that it is
   * done. In between, the device waits a moment for the next one if that would be first in line anyway: work of a few passes
   * waits for one pass in progress, and not for another before each of its own.
   */
  expect(owner: string): () => void;
  /** Rejects everything that waits. Resolves when the running pass has ended. */
  close(reason: Error): Promise<void>;
}

interface Entry {
  readonly owner: string;
  readonly stage: Stage;
  /** Never rejects: the outcome has gone to the one who waits. */
  start(): Promise<void>;
  reject(reason: unknown): void;
  onWait?(ahead: number): void;
  ahead?: number;
}

/** The device stands idle for no more than a part of what the pass before took, and not for long. */
const idleShare = 0.5;
const [leastIdleMs, mostIdleMs] = [50, 1000];

export function createPassQueue(): PassQueue {
  const turns = createTurns<Entry>();
  /** How much work each owner has under way. */
  const expected = new Map<string, number>();
  /** Whose pass was the last, until its next comes or is not waited for any more. */
  let held: { readonly owner: string; readonly stage: Stage; readonly timer: NodeJS.Timeout } | undefined;
  let running: Entry | undefined;
  let ended: Promise<void> = Promise.resolve();
  let closed: Error | undefined;

  function advance(): void {
    if (running === undefined && !isHeld()) {
      const entry = turns.next();
      if (entry !== undefined) {
        running = entry;
        const started = performance.now();
        ended = entry.start().then(() => {
          running = undefined;
          hold(entry, idleShare * (performance.now() - started));
          advance();
        });
      }
    }
    tellPlaces();
  }

  function hold({ owner, stage }: Entry, ms: number): void {
    release();
    const timer = setTimeout(
      () => {
        release();
        advance();
      },
      Math.min(mostIdleMs, Math.max(leastIdleMs, ms)),
    );
    held = { owner, stage, timer };
  }

  function release(): void {
    clearTimeout(held?.timer);
    held = undefined;
  }

  function isHeld(): boolean {
    if (held && expected.has(held.owner) && turns.isNext(held.owner, held.stage)) return true;
    release();
    return false;
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
          stage,
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
    expect(owner) {
      expected.set(owner, (expected.get(owner) ?? 0) + 1);
      return () => {
        const left = (expected.get(owner) as number) - 1;
        if (left > 0) expected.set(owner, left);
        else expected.delete(owner);
        if (held?.owner === owner) advance();
      };
    },
    async close(reason) {
      closed = reason;
      release();
      for (let entry = turns.next(); entry !== undefined; entry = turns.next()) entry.reject(reason);
      await ended;
    },
  };
}
