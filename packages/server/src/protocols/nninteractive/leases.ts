import { randomUUID } from "node:crypto";
import { HttpError } from "../../http/http-error.ts";
import { createMutex } from "../../sessions/mutex.ts";
import type { ArraySession } from "../array-session.ts";

export interface LeaseOptions {
  /** Clients at once. */
  readonly places: number;
  /** Milliseconds without anything done after which a lease ends; infinite: never. */
  readonly idleMs: number;
  /** Milliseconds without a sign of life after which it ends; infinite: never. */
  readonly livenessMs: number;
  readonly now: () => number;
  /** Told of every lease that has ended, however it did. */
  readonly onEnd: (lease: Lease) => void;
}

/** One client's place on the server (spec §1.4). Its session outlives it. */
export interface Lease {
  /** All that the client shows of itself. */
  readonly token: string;
  /** Aborts when the lease ends. */
  readonly signal: AbortSignal;
  /** Calls that change something go one at a time. */
  readonly turns: ReturnType<typeof createMutex>;
  /** From the first image on. */
  array: ArraySession | undefined;
  /** Whether the client has said where results go, for the image there is. */
  hasBuffer: boolean;
  autozoom: boolean;
}

interface Entry {
  readonly lease: Lease;
  readonly stop: AbortController;
  /** When the client was last heard of, and when it last did something. */
  seen: number;
  active: number;
  /** Calls under way: none of them is cut off. */
  calls: number;
}

export interface Leases {
  readonly idleMs: number;
  readonly livenessMs: number;
  readonly places: number;
  readonly taken: number;
  /** Undefined when all places are taken. */
  claim(): Lease | undefined;
  /** Throws `session_deleted` unless the token is of a lease. */
  find(token: string | undefined): Lease;
  /** A call of the client begins; returns the function that ends it. An active one does something. */
  begin(lease: Lease, active: boolean): () => void;
  /** Milliseconds until it ends, if the client does nothing more. */
  remaining(lease: Lease): number;
  release(token: string | undefined): void;
  /** Ends those whose time is up. */
  sweep(): void;
  /** Ends all. */
  close(): void;
}

export function createLeases({ places, idleMs, livenessMs, now, onEnd }: LeaseOptions): Leases {
  const entries = new Map<string, Entry>();

  function isOver({ seen, active, calls }: Entry): boolean {
    return calls === 0 && (now() - seen > livenessMs || now() - active > idleMs);
  }

  function end({ lease, stop }: Entry): void {
    if (!entries.delete(lease.token)) return;
    stop.abort(gone());
    onEnd(lease);
  }

  function sweep(): void {
    for (const entry of [...entries.values()]) if (isOver(entry)) end(entry);
  }

  function entryOf(token: string | undefined): Entry {
    const entry = token === undefined ? undefined : entries.get(token);
    if (entry && !isOver(entry)) return entry;
    if (entry) end(entry);
    throw gone(token === undefined ? "The lease token is missing" : undefined);
  }

  return {
    idleMs,
    livenessMs,
    places,
    get taken() {
      return entries.size;
    },
    claim() {
      sweep();
      if (entries.size >= places) return undefined;
      const stop = new AbortController();
      const lease: Lease = {
        token: randomUUID().replaceAll("-", ""),
        signal: stop.signal,
        turns: createMutex(),
        array: undefined,
        hasBuffer: false,
        autozoom: true,
      };
      entries.set(lease.token, { lease, stop, seen: now(), active: now(), calls: 0 });
      return lease;
    },
    find: (token) => entryOf(token).lease,
    begin(lease, active) {
      const entry = entryOf(lease.token);
      const touch = () => {
        entry.seen = now();
        if (active) entry.active = now();
      };
      touch();
      entry.calls++;
      return () => {
        entry.calls--;
        touch();
      };
    },
    remaining(lease) {
      const { active } = entryOf(lease.token);
      return Math.max(0, idleMs - (now() - active));
    },
    release(token) {
      const entry = token === undefined ? undefined : entries.get(token);
      if (entry) end(entry);
    },
    sweep,
    close() {
      for (const entry of [...entries.values()]) end(entry);
    },
  };
}

function gone(
  message = "The lease has expired, or is unknown: connect again. The work is kept in its session",
): HttpError {
  return new HttpError("session_deleted", message);
}
