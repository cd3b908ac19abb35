import { ApiError, createClient } from "@septum/protocol";
import { rememberSession } from "./session-id.ts";
import { store } from "./store.ts";

/** The one connection of this page to its server. */
export const client = createClient({
  baseUrl: "",
  onSession(id) {
    const address = rememberSession(new URL(location.href), localStorage, id);
    if (address.href !== location.href) history.replaceState(null, "", address);
    store.setState(({ session }) => ({ session: { ...session, id } }));
  },
});

export function isGone(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return ["session_not_found", "session_deleted", "invalid_session_id"].includes(error.code);
}

export function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && error.code === "network";
}

/** Asked for again after its answer was lost, and done when it was first asked for. */
export function isDone(error: unknown): boolean {
  return error instanceof ApiError && error.code === "already_done";
}

export function isLocked(error: unknown): boolean {
  return error instanceof ApiError && error.code === "unauthorized";
}
