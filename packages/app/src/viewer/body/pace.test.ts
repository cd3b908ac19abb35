import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPace } from "./pace.ts";

const frameMs = 16;
let pictures: { readonly at: number; readonly scale: number }[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  pictures = [];
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => setTimeout(draw, frameMs));
  vi.stubGlobal("cancelAnimationFrame", (frame: ReturnType<typeof setTimeout>) => clearTimeout(frame));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A graphics card that takes so many ms for a picture at the full resolution, and less for a coarser one. */
function paceOn(fullMs: number, software: boolean) {
  let doneAt = 0;
  const gl = {
    SIGNALED: 1,
    fenceSync: () => ({}),
    flush: () => {},
    isContextLost: () => false,
    getSyncParameter: () => (performance.now() >= doneAt ? 1 : 0),
    deleteSync: () => {},
  };
  const draw = (scale: number) => {
    pictures.push({ at: performance.now(), scale });
    doneAt = performance.now() + fullMs * scale ** 2;
    return true;
  };
  return createPace(gl as unknown as WebGL2RenderingContext, draw, software);
}

test("draws once for all that was asked for, and nothing while it is not seen", async () => {
  const pace = paceOn(5, false);
  pace.ask();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(pictures).toHaveLength(0);
  pace.setShown(true);
  for (let n = 0; n < 9; n++) pace.ask();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(pictures.map(({ scale }) => scale)).toEqual([1]);
  pace.stop();
});

test("asks for no picture before the one before is done", async () => {
  const pace = paceOn(300, true);
  pace.setShown(true);
  for (let n = 0; n < 100; n++) {
    pace.ask();
    await vi.advanceTimersByTimeAsync(20);
  }
  const gaps = pictures.slice(1).map(({ at }, n) => at - pictures[n].at - 300 * pictures[n].scale ** 2);
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(0);
  expect(pictures.length).toBeGreaterThan(3);
  pace.stop();
});

test("draws coarsely while things change, and as finely as it can once all is calm", async () => {
  const pace = paceOn(900, true);
  pace.setShown(true);
  for (let n = 0; n < 60; n++) {
    pace.ask();
    await vi.advanceTimersByTimeAsync(50);
  }
  const changing = pictures.slice(1).map(({ scale }) => scale);
  expect(Math.max(...changing)).toBeLessThanOrEqual(0.5);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(pictures.at(-1)?.scale).toBe(0.7);
  const calm = pictures.length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(pictures).toHaveLength(calm);
  pace.stop();
});

test("shows a change within a second, however busy the slices are", async () => {
  const pace = paceOn(800, true);
  pace.setShown(true);
  pace.ask();
  await vi.advanceTimersByTimeAsync(5_000);
  const asked = performance.now();
  pace.ask();
  for (let n = 0; n < 60; n++) {
    pace.giveWay();
    await vi.advanceTimersByTimeAsync(30);
  }
  const next = pictures.find(({ at }) => at >= asked);
  if (!next) throw new Error("it was never drawn");
  expect(next.at + 800 * next.scale ** 2 - asked).toBeLessThan(1_000);
  expect(next.at - asked).toBeGreaterThan(400);
  pace.stop();
});
