import { expect, test } from "vitest";
import { createEventLog } from "./event-log.ts";

test("createEventLog() numbers events, keeps the latest and says when some are gone", () => {
  const log = createEventLog(10, 3);
  const heard: number[] = [];
  const quiet = log.listen(({ seq }) => heard.push(seq));
  for (let total_points = 1; total_points <= 5; total_points++) log.push({ type: "points", total_points });
  quiet();
  log.push({ type: "deleted" });
  expect(heard).toEqual([11, 12, 13, 14, 15]);
  expect(log.last).toBe(16);
  expect(log.since(13)?.map(({ seq }) => seq)).toEqual([14, 15, 16]);
  expect(log.since(16)).toEqual([]);
  expect(log.since(12)).toBeUndefined();
  expect(log.since(17)).toBeUndefined();
});
