import type { AdminSession } from "@septum/protocol";

export type Order = "last_activity" | "created_at" | "memory_bytes" | "disk_bytes";
export type Shown = "all" | "open" | "resting";

/** Those in the chosen state, the latest or largest first. */
export function rowsToShow(sessions: readonly AdminSession[], shown: Shown, order: Order): AdminSession[] {
  const chosen = shown === "all" ? sessions : sessions.filter(({ state }) => state === shown);
  // Times are ISO 8601 in UTC, whose order as text is their order.
  return chosen.toSorted((a, b) => {
    const [x, y] = [a[order], b[order]];
    return x === y ? a.id.localeCompare(b.id) : x < y ? 1 : -1;
  });
}
