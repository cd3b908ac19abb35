import type { Patch } from "@septum/segment";
import { expect, test } from "vitest";
import { createDevicePasses, type Job } from "./device-passes.ts";
import type { EndedPass, PassProgress } from "./engine.ts";
import { createGate } from "./gate.ts";

const none = { signal: new AbortController().signal, emit() {} };
const patch = {} as Patch;

function job(owner: string): Job {
  return {
    owner,
    gate: createGate(),
    signal: new AbortController().signal,
    progress: { stage: "coarse", done: 0, expected: 1 },
  };
}

test("createDevicePasses() tells how long every pass waited and ran, also one that failed", async () => {
  const passes: EndedPass[] = [];
  const finish: ((mask: Uint8Array<ArrayBuffer> | Error) => void)[] = [];
  const predict = () =>
    new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
      finish.push((result) => (result instanceof Error ? reject(result) : resolve(result)));
    });
  const device = createDevicePasses({ predict }, { onPass: (pass) => passes.push(pass) });
  const [ada, bob] = [await device.begin(job("ada")), await device.begin(job("bob"))];
  const first = device.handlers.pass({ job: ada.id, stage: "refine", patch }, none);
  const second = device.handlers.pass({ job: bob.id, stage: "coarse", patch }, none);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(passes).toEqual([]);
  finish[0](new Uint8Array(1));
  await first;
  expect(passes).toHaveLength(1);
  finish[1](new Error("no memory"));
  await expect(second).rejects.toThrow("no memory");

  expect(passes.map(({ stage }) => stage)).toEqual(["refine", "coarse"]);
  const [ran, waited] = passes;
  // Timers may fire a millisecond early.
  expect(ran.secondsRun).toBeGreaterThan(0.055);
  expect(ran.secondsWaited).toBeLessThan(ran.secondsRun);
  expect(waited.secondsWaited).toBeGreaterThan(0.055);
  expect(waited.secondsRun).toBeGreaterThanOrEqual(0);
  for (const running of [ada, bob]) running.end();
  await device.close();
});

test("createDevicePasses() goes by what a pass took at the start until it has seen some, and by their median then", async () => {
  const times = [60, 1, 40, 45, 50];
  const device = createDevicePasses(
    {
      async predict() {
        await new Promise((resolve) => setTimeout(resolve, times.shift()));
        return new Uint8Array(1);
      },
    },
    { secondsPerPass: 9 },
  );
  expect(device.secondsPerPass).toBe(9);
  const running = await device.begin(job("ada"));
  const stage = "refine";
  for (let n = 0; n < 5; n++) await device.handlers.pass({ job: running.id, stage, patch }, none);
  // Timers may fire a millisecond early, and late when the machine is busy.
  expect(device.secondsPerPass).toBeGreaterThan(0.043);
  expect(device.secondsPerPass).toBeLessThan(5);
  running.end();
  await device.close();
});

test("createDevicePasses() tells who waits how many passes go before, and how long those take by the latest ones", async () => {
  const seconds = 0.02;
  const device = createDevicePasses({
    async predict() {
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      return new Uint8Array(1);
    },
  });
  const told: PassProgress[] = [];
  const pass = async (owner: string) => {
    const onProgress = (progress: PassProgress) => void (owner === "last" && told.push(progress));
    const running = await device.begin({ ...job(owner), onProgress });
    await device.handlers.pass({ job: running.id, stage: "refine", patch }, none);
    running.end();
  };
  await pass("last");
  expect(told).toEqual([]);
  await Promise.all(["one", "other", "last"].map(pass));
  expect(told.map(({ ahead }) => ahead)).toEqual([2, 1]);
  for (const { ahead = 0, seconds: expected = 0 } of told) expect(expected / ahead).toBeGreaterThan(0.9 * seconds);
  await device.close();
});
