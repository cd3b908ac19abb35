import { client, isGone, isLocked, isUnreachable } from "./client.ts";
import { report } from "./problems.ts";
import { emptySession, store } from "./store.ts";

/** Says what an error means for the page as a whole; others are shown as problems. */
export function handleLoss(error: unknown, doing: string, asked = true): void {
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
    // The bar at the bottom says so for as long as it lasts; a report on top of it is for what the person asked for.
    store.setState(({ server }) => ({ server: { ...server, reachable: false } }));
    if (!asked) return;
  }
  report(error, doing);
}

/** The session is not on the server any more. */
export function loseSession(reason: string | undefined): void {
  store.setState({ ...emptySession, session: { phase: "gone", id: client.sessionId, reason } });
}
