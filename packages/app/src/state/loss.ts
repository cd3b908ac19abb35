import { mayHelp } from "../words/problems.ts";
import { client, isGone, isLocked, isUnreachable } from "./client.ts";
import { report } from "./problems.ts";
import { emptySession, store } from "./store.ts";

export interface LossOptions {
  /** The person asked for it; false: the page did, by itself. */
  readonly asked?: boolean;
  /** Does it once more; offered where that may help. */
  readonly again?: () => void;
}

/** Says what an error means for the page as a whole; others are shown as problems. */
export function handleLoss(error: unknown, doing: string, { asked = true, again }: LossOptions = {}): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (isGone(error)) {
    loseSession(error instanceof Error ? error.message : undefined);
    return;
  }
  if (isLocked(error)) {
    store.setState(({ session }) => ({ session: { ...session, phase: "locked" } }));
    return;
  }
  if (isUnreachable(error)) {
    store.setState(({ server }) => ({ server: { ...server, reachable: false } }));
    // Said at the bottom for as long as it lasts; a report on top of it is for what the person asked for.
    if (!asked) return;
  }
  report(error, doing, mayHelp(error) ? again : undefined);
}

/** The session is not on the server any more. */
export function loseSession(reason: string | undefined): void {
  store.setState({ ...emptySession, session: { phase: "gone", id: client.sessionId, reason } });
}
