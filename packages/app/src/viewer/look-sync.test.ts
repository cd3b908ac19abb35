import type { Vec3 } from "@septum/volume";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLookSync } from "./look-sync.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("tells the last place, and not every one on the way", async () => {
  const told: Vec3[] = [];
  const sync = createLookSync(async (voxel) => void told.push(voxel));
  for (let n = 0; n < 50; n++) {
    sync.moved([n, 0, 0]);
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told.length).toBeLessThan(6);
  expect(told.at(-1)).toEqual([49, 0, 0]);
});

test("goes on after a call that failed, and waits for one that is slow", async () => {
  const answers: (() => void)[] = [];
  const told: Vec3[] = [];
  const sync = createLookSync((voxel) => {
    told.push(voxel);
    return told.length === 1 ? Promise.reject(new Error("gone")) : new Promise((resolve) => answers.push(resolve));
  });
  for (const n of [1, 2, 3, 4]) {
    sync.moved([n, 0, 0]);
    await vi.advanceTimersByTimeAsync(200);
  }
  expect(told).toEqual([
    [1, 0, 0],
    [2, 0, 0],
  ]);
  answers[0]();
  await vi.advanceTimersByTimeAsync(200);
  expect(told.at(-1)).toEqual([4, 0, 0]);
});

test("says nothing after it was stopped", async () => {
  const told: Vec3[] = [];
  const sync = createLookSync(async (voxel) => void told.push(voxel));
  sync.moved([1, 2, 3]);
  sync.stop();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([]);
});
