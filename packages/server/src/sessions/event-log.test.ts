import { expect, test } from "vitest";
import { createEventLog } from "./event-log.ts";

test("createEventLog() numbers events, keeps the latest and says when some are gone", () => {
  const log = createEventLog(3);
  const heard: number[] = [];
  const quiet = log.listen(({ seq }) => heard.push(seq));
  for (let total_points = 1; total_points <= 5; total_points++) log.push({ type: "points", total_points });
  quiet();
  log.push({ type: "deleted" });
  expect(heard).toEqual([1, 2, 3, 4, 5]);
  expect(log.last).toBe(6);
  expect(log.since(3)?.map(({ seq }) => seq)).toEqual([4, 5, 6]);
  expect(log.since(6)).toEqual([]);
  expect(log.since(2)).toBeUndefined();
  expect(log.since(7)).toBeUndefined();
});
