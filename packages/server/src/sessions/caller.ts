import { HttpError } from "../http/http-error.ts";
import type { SessionState } from "./state.ts";

/** Who waits for what a call does. */
export interface Caller {
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Names what was asked for: whoever did not hear whether it was done asks again under the same key, and it is done once. */
  readonly key?: string;
}

/** Longer than anybody's queue while a connection is away; every change writes them. */
const keysKept = 64;

/** The state in which what the key names is done. */
export function withDone(state: SessionState, key: string): SessionState {
  return { ...state, done: [...(state.done ?? []), key].slice(-keysKept) };
}

/** Throws `already_done` when what the key names was done before. */
export function refuseDone({ done }: SessionState, key: string | undefined): void {
  if (key === undefined || !done?.includes(key)) return;
  throw new HttpError("already_done", "This was done when it was first asked for: nothing was done again");
}
