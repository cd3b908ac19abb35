import type { AdminSession } from "@septum/protocol";
import { expect, test } from "vitest";
import { rowsToShow } from "./session-rows.ts";

function session(id: string, facts: Partial<AdminSession>): AdminSession {
  return {
    id,
    created_at: "2026-01-02T00:00:00.000Z",
    last_activity: "2026-01-02T00:00:00.000Z",
    expires_at: null,
    state: "resting",
    busy: false,
    memory_bytes: 0,
    disk_bytes: 0,
    shape: null,
    points: 0,
    objects: 0,
    ...facts,
  };
}

const sessions = [
  session("a", { disk_bytes: 5, last_activity: "2026-01-02T09:00:00.000Z" }),
  session("c", { disk_bytes: 900, last_activity: "2026-01-02T08:00:00.000Z" }),
  session("b", { disk_bytes: 10, state: "open", memory_bytes: 20, last_activity: "2026-01-01T23:00:00.000Z" }),
];

test("rowsToShow() puts the latest or the largest first, and equals by their id", () => {
  const ids = (order: Parameters<typeof rowsToShow>[2]) => rowsToShow(sessions, "all", order).map(({ id }) => id);
  expect(ids("last_activity")).toEqual(["a", "c", "b"]);
  expect(ids("disk_bytes")).toEqual(["c", "b", "a"]);
  expect(ids("memory_bytes")).toEqual(["b", "a", "c"]);
});

test("rowsToShow() leaves out those in another state", () => {
  expect(rowsToShow(sessions, "open", "disk_bytes").map(({ id }) => id)).toEqual(["b"]);
  expect(rowsToShow(sessions, "resting", "disk_bytes").map(({ id }) => id)).toEqual(["c", "a"]);
});
