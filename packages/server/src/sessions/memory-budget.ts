import { HttpError } from "../http/http-error.ts";
import { imageCost } from "./image-cost.ts";
import type { Session } from "./session.ts";

/** Memory set aside for an image that is about to be opened; given back when the session holds it, or it came to nothing. */
export interface Reservation {
  release(): void;
}

/** The memory that all open images share. */
export interface MemoryBudget {
  /** Bytes for all. */
  readonly total: number;
  /** Bytes taken: what open sessions hold or may come to hold, and what is set aside. */
  readonly taken: number;
  /**
   * Sets `bytes` aside for an image, or for what is said to need them, putting others to rest where that is needed: the least recently used
   * first, never one at work. Takes place at once, so that two who ask cannot get the same room.
   *
   * Throws `unavailable`, and puts nobody to rest, when there is no room even so.
   */
  reserve(bytes: number, what?: string): Reservation;
}

/** Seconds until somebody who works now has probably finished. */
const retrySeconds = 10;

export function createMemoryBudget(total: number, sessions: () => Iterable<Session>): MemoryBudget {
  let reserved = 0;

  function taken(): number {
    let bytes = reserved;
    for (const session of sessions()) bytes += held(session);
    return bytes;
  }

  return {
    total,
    get taken() {
      return taken();
    },
    reserve(bytes, what = "This scan") {
      const free = total - taken();
      const resting = bytes > free ? chooseResting(bytes - free) : [];
      if (!resting) throw noRoom(what, bytes, total, Math.max(0, free));
      for (const other of resting) other.rest();
      reserved += bytes;
      let released = false;
      return {
        release() {
          if (!released) reserved -= bytes;
          released = true;
        },
      };
    },
  };

  /** Those whose rest gives back at least `wanted` bytes; undefined when all together do not. */
  function chooseResting(wanted: number): readonly Session[] | undefined {
    const idle = [...sessions()].filter((other) => other.bytes > 0 && other.idle);
    idle.sort((a, b) => a.lastActivity - b.lastActivity);
    let gained = 0;
    const chosen: Session[] = [];
    for (const other of idle) {
      if (gained >= wanted) break;
      gained += held(other);
      chosen.push(other);
    }
    return gained >= wanted ? chosen : undefined;
  }
}

/** What a session in memory counts for: what it was let in for, so that there is room for the objects to come. */
function held({ bytes, state }: Session): number {
  if (bytes === 0 || !state.image) return bytes;
  const { size, dtype } = state.image.info;
  return Math.max(bytes, imageCost(size, dtype));
}

function noRoom(what: string, bytes: number, total: number, free: number): HttpError {
  if (bytes > total) {
    return new HttpError(
      "unavailable",
      `${what} needs ${inMb(bytes)} of memory, and this server has ${inMb(total)} for all scans, ${inMb(free)} of it free: crop the scan, or ask for more memory (SEPTUM_MEMORY)`,
    );
  }
  return new HttpError(
    "unavailable",
    `${what} needs ${inMb(bytes)} of memory, and ${inMb(free)} of ${inMb(total)} are free while others work: try again in a moment`,
    { retryAfter: retrySeconds },
  );
}

function inMb(bytes: number): string {
  const mb = bytes / 2 ** 20;
  return `${mb < 10 ? Math.round(mb * 100) / 100 : Math.round(mb)} MB`;
}
