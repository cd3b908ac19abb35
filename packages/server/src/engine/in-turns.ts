import { setImmediate } from "node:timers/promises";
import type { Work } from "@septum/segment";

/** How long work may keep a thread to itself: less than anybody notices. */
const turnMs = 15;

/** Runs work to its end, letting what else waits for the thread go in between. Rejects with the reason when the signal aborts. */
export async function runInTurns<T>(work: Work<T>, signal: AbortSignal): Promise<T> {
  for (let start = performance.now(); ; ) {
    const { done, value } = work.next();
    if (done) return value as T;
    if (performance.now() - start < turnMs) continue;
    await setImmediate();
    signal.throwIfAborted();
    start = performance.now();
  }
}
