import { refresh } from "./follow.ts";
import { start } from "./session-actions.ts";
import { store } from "./store.ts";

const calm = 15_000;
const worried = 2_000;

let next: ReturnType<typeof setTimeout> | undefined;

/** Asks the server now and then whether it is there, so that its absence is seen before something is lost to it. */
export function watchServer(): void {
  clearTimeout(next);
  next = setTimeout(lookForServer, worried);
  window.addEventListener("offline", lookForServer);
  window.addEventListener("online", lookForServer);
}

/** Asks now. */
export async function lookForServer(): Promise<void> {
  clearTimeout(next);
  const reachable = await fetch("/healthz", { cache: "no-store" }).then(
    ({ ok }) => ok,
    () => false,
  );
  const before = store.getState();
  if (reachable !== before.server.reachable) {
    store.setState(({ server }) => ({ server: { ...server, reachable } }));
    if (reachable) void (before.session.phase === "ready" ? refresh() : start());
  }
  clearTimeout(next);
  next = setTimeout(lookForServer, reachable ? calm : worried);
}
