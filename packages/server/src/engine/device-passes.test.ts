import { expect, test } from "vitest";
import { createDevicePasses, type Job } from "./device-passes.ts";
import type { PassProgress } from "./engine.ts";
import { createGate } from "./gate.ts";

test("who waits is told how many passes go before, and how long those take by the latest ones", async () => {
  const passSeconds = 0.02;
  const passes = createDevicePasses({
    async predict() {
      await new Promise((resolve) => setTimeout(resolve, 1000 * passSeconds));
      return new Uint8Array(1);
    },
  });
  const told: PassProgress[] = [];
  const pass = async (owner: string) => {
    const job: Job = {
      owner,
      gate: createGate(),
      signal: new AbortController().signal,
      progress: { stage: "waiting", done: 0, expected: 1 },
      onProgress: (progress) => void (owner === "last" && told.push(progress)),
    };
    const running = await passes.begin(job);
    const patch = {} as Parameters<typeof passes.handlers.pass>[0]["patch"];
    await passes.handlers.pass({ job: running.id, stage: "refine", patch }, { signal: job.signal, emit: () => {} });
    running.end();
  };

  await pass("last");
  expect(told.map(({ ahead, seconds }) => ({ ahead, seconds }))).toEqual([]);
  await Promise.all(["one", "other", "last"].map(pass));
  expect(told.map(({ ahead }) => ahead)).toEqual([2, 1]);
  for (const { ahead = 0, seconds = 0 } of told) expect(seconds / ahead).toBeGreaterThan(0.9 * passSeconds);
  await passes.close();
});
