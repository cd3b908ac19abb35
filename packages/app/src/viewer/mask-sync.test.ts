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
    return new Promise((resolve) => answers.push(() => resolve("done")));
  });
  sync.invalidate(a);
  sync.invalidate(a);
  sync.invalidate(b);
  expect(asked).toEqual([a]);
  answers[0]();
  await settled();
  expect(asked).toEqual([a, joinRegions(a, b)]);
  answers[1]();
  await settled();
  expect(asked).toHaveLength(2);
  sync.invalidate(undefined);
  expect(asked).toEqual([a, joinRegions(a, b), undefined]);
});

test("nothing is fetched after stopping", async () => {
  const asked: unknown[] = [];
  const sync = createMaskSync(async (region) => {
    asked.push(region);
    return "done";
  });
  sync.stop();
  sync.invalidate(a);
  await settled();
  expect(asked).toEqual([]);
});

test("what could not be fetched is fetched again, with what changed since", async () => {
  const asked: (Box | undefined)[] = [];
  const sync = createMaskSync(async (region) => {
    asked.push(region);
    return asked.length === 1 ? "again" : "done";
  }, 5);
  sync.invalidate(a);
  await settled();
  expect(asked).toEqual([a]);
  await expect.poll(() => asked).toEqual([a, a]);
  sync.invalidate(b);
  await settled();
  expect(asked).toEqual([a, a, b]);
  sync.stop();
});

/** After everything that waits for nothing but promises. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
