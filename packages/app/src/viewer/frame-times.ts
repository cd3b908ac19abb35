import type { FrameTime } from "./viewer.ts";

const most = 1_000;

/** Remembers how long the latest pictures took. */
export function createFrameTimes(): { add(at: number): void; list(): readonly FrameTime[] } {
  const times: FrameTime[] = [];
  return {
    add(at) {
      times.push({ at, took: performance.now() - at });
      if (times.length > most) times.splice(0, most / 2);
    },
    list: () => [...times],
  };
}
