import { HttpError } from "../http/http-error.ts";
import type { SessionState } from "./state.ts";

/** How much there may be of what sessions are made of; infinite where nothing is said. */
export interface Limits {
  /** Sessions in all, resting ones included. */
  readonly sessions: number;
  /** Uploads at once, of all sessions. */
  readonly uploads: number;
  /** Numbered points of a session. */
  readonly points: number;
  /** Prompts of an object. */
  readonly prompts: number;
  /** Characters of a label's name. */
  readonly nameLength: number;
  /** Steps of a session's history, and the bytes of what they keep; the newest always stays. */
  readonly historySteps: number;
  readonly historyBytes: number;
}

export const noLimits: Limits = {
  sessions: Number.POSITIVE_INFINITY,
  uploads: Number.POSITIVE_INFINITY,
  points: Number.POSITIVE_INFINITY,
  prompts: Number.POSITIVE_INFINITY,
  nameLength: Number.POSITIVE_INFINITY,
  historySteps: Number.POSITIVE_INFINITY,
  historyBytes: Number.POSITIVE_INFINITY,
};

/** Throws `limit_reached` when a name is longer than it may be that was not there before. */
export function checkNames(before: SessionState, { labels }: SessionState, { nameLength }: Limits): void {
  for (const { label, name = "" } of labels) {
    // In characters as a person counts them, more or less: an emoji is one.
    const { length } = [...name];
    if (length <= nameLength || before.labels.some((known) => known.label === label && known.name === name)) continue;
    throw new HttpError(
      "limit_reached",
      `Cannot name ${label} so: the name has ${length} characters, and this server takes ${nameLength} at most`,
    );
  }
}

/** Places for uploads: each holds a file on disk and, for some of the time, the threads that decode. */
export interface UploadPlaces {
  /** Takes a place, and returns the function that gives it back. Throws `unavailable` when all are taken. */
  take(): () => void;
}

/** Seconds after which an upload has probably made place. */
const retrySeconds = 5;

export function createUploadPlaces(places: number): UploadPlaces {
  let taken = 0;
  return {
    take() {
      if (taken >= places) {
        throw new HttpError(
          "unavailable",
          `As many uploads as this server takes at once (${places}) are in progress: try again in a moment`,
          { retryAfter: retrySeconds },
        );
      }
      taken++;
      let given = false;
      return () => {
        if (!given) taken--;
        given = true;
      };
    },
  };
}
