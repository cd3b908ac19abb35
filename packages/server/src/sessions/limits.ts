import { HttpError } from "../http/http-error.ts";

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
}

export const noLimits: Limits = {
  sessions: Number.POSITIVE_INFINITY,
  uploads: Number.POSITIVE_INFINITY,
  points: Number.POSITIVE_INFINITY,
  prompts: Number.POSITIVE_INFINITY,
};

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
