import type { Frame, SessionEvent } from "@septum/protocol";
import type { Box } from "@septum/volume";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPreviewSync } from "./preview-sync.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const frame: Frame = {
  kind: "mask",
  box: [
    [0, 1],
    [0, 1],
    [0, 1],
  ],
  data: Uint8Array.of(1),
};

function watched(fetch: (label: number) => Promise<Frame | undefined>) {
  const seen: string[] = [];
  const sync = createPreviewSync({
    fetch,
    show: (label) => seen.push(`show ${label}`),
    hide: () => seen.push("hide"),
  });
  return { sync, seen };
}

function progress(label: number, preview?: number): SessionEvent {
  return { type: "progress", seq: 1, label, stage: "refine", done: 1, expected: 2, preview };
}

function changed(label: number, box: Box | null = frame.box): SessionEvent {
  return { type: "segment", seq: 2, label, voxels: 1, box, removed: false, mask_revision: 1 };
}

test("fetches no more than one preview at a time, and the newest in the end", async () => {
  const answers: ((frame: Frame) => void)[] = [];
  const { sync, seen } = watched(() => new Promise((resolve) => answers.push(resolve)));
  for (const preview of [1, 2, 3]) sync.take(progress(5, preview));
  expect(answers).toHaveLength(1);
  answers[0](frame);
  await vi.advanceTimersByTimeAsync(0);
  expect(answers).toHaveLength(2);
  answers[1](frame);
  await vi.advanceTimersByTimeAsync(0);
  expect(answers).toHaveLength(2);
  expect(seen).toEqual(["show 5", "show 5"]);
});

test("asks for nothing while a prediction only waits", () => {
  const fetch = vi.fn(async () => frame);
  watched(fetch).sync.take(progress(5));
  expect(fetch).not.toHaveBeenCalled();
});

test("shows nothing of a prediction that has ended before it was asked for", async () => {
  const answers: (Frame | undefined)[] = [undefined, frame];
  const { sync, seen } = watched(async () => answers.shift());
  sync.take(progress(5, 1));
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual([]);
  sync.take(progress(5, 2));
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(["show 5"]);
});

test("keeps the preview until the object's own labels are on the screen", async () => {
  const { sync, seen } = watched(async () => frame);
  sync.take(progress(5, 1));
  await vi.advanceTimersByTimeAsync(0);
  sync.labelsShown(() => true);
  expect(seen).toEqual(["show 5"]);
  sync.take(changed(5));
  sync.labelsShown((label) => label !== 5);
  expect(seen).toEqual(["show 5"]);
  sync.labelsShown((label) => label === 5);
  expect(seen).toEqual(["show 5", "hide"]);
});

test("a prediction that changed nothing leaves no preview behind, as no labels follow", async () => {
  const { sync, seen } = watched(async () => frame);
  sync.take(progress(5, 1));
  await vi.advanceTimersByTimeAsync(0);
  sync.take(changed(5, null));
  expect(seen).toEqual(["show 5", "hide"]);
});

test("a prediction that was stopped leaves no preview behind", async () => {
  const { sync, seen } = watched(async () => frame);
  sync.take(progress(5, 1));
  await vi.advanceTimersByTimeAsync(0);
  sync.idle();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(seen).toEqual(["show 5", "hide"]);
});

test("the next object's preview takes the place of the last one's", async () => {
  const { sync, seen } = watched(async () => frame);
  sync.take(progress(5, 1));
  await vi.advanceTimersByTimeAsync(0);
  sync.take(progress(6, 1));
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(["show 5", "hide", "show 6"]);
});
