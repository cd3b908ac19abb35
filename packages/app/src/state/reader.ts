import { ApiError } from "@septum/protocol";

/** `again`: it did not work now but may later, so it is tried again. */
export type Outcome = "done" | "again" | "failed";

export interface Reader {
  /** Resolves when a reading that began after this call has ended: true when it was done. */
  ask(): Promise<boolean>;
  /** Nothing is begun any more; those who asked get false. */
  stop(): void;
}

/**
 * Reads something whenever asked, one reading at a time: what is asked for during one is read together afterwards. So what
 * was read last began after the last ask, and no answer overtakes a later one. `read` must not reject.
 */
export function createReader(read: () => Promise<Outcome>, retryMs = 2_000): Reader {
  let asked: ((done: boolean) => void)[] = [];
  let busy = false;
  let stopped = false;
  let retry: ReturnType<typeof setTimeout> | undefined;

  async function work() {
    busy = true;
    while (asked.length > 0) {
      const answering = asked;
      asked = [];
      clearTimeout(retry);
      const outcome = await read();
      for (const answer of answering) answer(outcome === "done");
      if (outcome === "again" && !stopped) retry = setTimeout(() => void ask(), retryMs);
    }
    busy = false;
  }

  function ask(): Promise<boolean> {
    if (stopped) return Promise.resolve(false);
    const answer = new Promise<boolean>((resolve) => asked.push(resolve));
    if (!busy) void work();
    return answer;
  }

  return {
    ask,
    stop() {
      stopped = true;
      clearTimeout(retry);
      for (const answer of asked) answer(false);
      asked = [];
    },
  };
}

/** Whether the same call may work later: no connection, a server that is full or starting, too many calls at once. */
export function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "network" || [429, 502, 503, 504].includes(error.status));
}
