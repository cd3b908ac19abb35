import type { Box } from "@septum/volume";
import { expect, test } from "vitest";
import { createMaskSync, joinRegions } from "./mask-sync.ts";

const a: Box = [
  [0, 2],
  [5, 6],
  [1, 3],
];
const b: Box = [
  [1, 4],
  [2, 3],
  [1, 2],
];

test("two boxes join to the box around both, anything and everything to everything", () => {
  expect(joinRegions(a, b)).toEqual([
    [0, 4],
    [2, 6],
    [1, 3],
  ]);
  expect(joinRegions(a, undefined)).toBeUndefined();
});

test("what changes during a fetch is fetched together afterwards, never two at once", async () => {
  const asked: (Box | undefined)[] = [];
  const answers: (() => void)[] = [];
  const sync = createMaskSync((region) => {
    asked.push(region);
    return new Promise((resolve) => answers.push(resolve));
  });
  sync.invalidate(a);
  sync.invalidate(a);
  sync.invalidate(b);
  expect(asked).toEqual([a]);
  answers[0]();
  await Promise.resolve();
  expect(asked).toEqual([a, joinRegions(a, b)]);
  answers[1]();
  await Promise.resolve();
  expect(asked).toHaveLength(2);
  sync.invalidate(undefined);
  expect(asked).toEqual([a, joinRegions(a, b), undefined]);
});

test("nothing is fetched after stopping", async () => {
  const asked: unknown[] = [];
  const sync = createMaskSync(async (region) => {
    asked.push(region);
  });
  sync.stop();
  sync.invalidate(a);
  await Promise.resolve();
  expect(asked).toEqual([]);
});
