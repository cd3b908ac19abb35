import { untilAborted } from "./until-aborted.ts";

/** Lets one in at a time, in the order of arrival. */
export interface Mutex {
  /** Runs `work` when everybody before has left; an aborted signal takes the caller out of the line. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Whether somebody is in or waiting. */
  readonly busy: boolean;
}

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  let inside = 0;
  return {
    get busy() {
      return inside > 0;
    },
    async run(work, signal) {
      inside++;
      const before = last;
      let leave = () => {};
      // Whoever gives up waiting still keeps the order for those behind.
      last = new Promise<void>((resolve) => {
        leave = () => before.then(() => resolve());
      });
      try {
        await untilAborted(before, signal);
        return await work();
      } finally {
        leave();
        inside--;
      }
    },
  };
}
