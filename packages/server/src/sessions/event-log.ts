import type { EventBody, SessionEvent } from "@septum/protocol";

/** Events kept for those who were away for a moment. */
const kept = 512;

/** Numbers a session's events, keeps the latest, and passes them to whoever listens. */
export interface EventLog {
  /** Number of the latest event; `start` before the first. */
  readonly last: number;
  push(event: EventBody): void;
  /**
   * Events after number `after`, in order, or undefined when some of them are no longer kept (or `after` was never
   * given out: the server was started anew since).
   */
  since(after: number): readonly SessionEvent[] | undefined;
  /** Calls `listener` with every event to come; returns the function that ends it. */
  listen(listener: (event: SessionEvent) => void): () => void;
}

export function createEventLog(start = 0, limit = kept): EventLog {
  const events: SessionEvent[] = [];
  const listeners = new Set<(event: SessionEvent) => void>();
  let last = start;
  return {
    get last() {
      return last;
    },
    push(body) {
      const event = { ...body, seq: ++last } as SessionEvent;
      events.push(event);
      if (events.length > limit) events.shift();
      for (const listener of [...listeners]) listener(event);
    },
    since(after) {
      if (after > last || after < last - events.length) return undefined;
      return events.slice(events.length - (last - after));
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
