import { expect, test } from "vitest";
import { distanceText } from "./times.ts";

test("distanceText() says how long ago or how soon, in the largest unit", () => {
  const now = Date.parse("2026-01-02T03:04:05Z");
  const at = (seconds: number) => distanceText(new Date(now + seconds * 1000).toISOString(), now);
  expect([0, -59, 30].map(at)).toEqual(["just now", "just now", "in a moment"]);
  expect([-60, -3_599, -3_600, -90_000].map(at)).toEqual(["1 min ago", "59 min ago", "1 h ago", "1 d ago"]);
  expect([23.9 * 3_600, 86_400, 90].map(at)).toEqual(["in 24 h", "in 1 d", "in 2 min"]);
});
