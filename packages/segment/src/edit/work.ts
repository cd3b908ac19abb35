/**
 * Something that takes its time: it yields every few milliseconds, so that whoever runs it can do other things in between, or
 * stop by not going on. Nothing outside it changes until it returns.
 */
export type Work<T> = Generator<undefined, T, void>;

/** Runs the work to its end at once. */
export function finishWork<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value as T;
  }
}
