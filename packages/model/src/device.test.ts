import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Patch } from "@septum/segment";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileModel } from "./compile.ts";
import { type Device, type DeviceOptions, openDevice } from "./device.ts";
import { DeviceLost, DeviceUnavailable, PassFailed } from "./errors.ts";
import { openModelFolder } from "./folder.ts";
import { loadModel } from "./load.ts";
import { probePatch } from "./probe-patch.ts";
import { revive } from "./revive.ts";
import { startWorker, type WorkerLink } from "./worker-link.ts";

const fixture = fileURLToPath(new URL("../../../fixtures/graphs/residual/model", import.meta.url));
const builtIn = fileURLToPath(new URL("../../../models/light-v2", import.meta.url));

let cacheDir = "";
let options: DeviceOptions;
let device: Device;

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "septum-device-"));
  const { settings, ...model } = await openModelFolder(fixture);
  const graph = await compileModel({ settings, ...model }, { cacheDir });
  options = { graph, settings, device: "cpu", threads: 1 };
  device = await openDevice(options);
});
afterAll(async () => {
  await device.close();
  await rm(cacheDir, { recursive: true });
});

const patch = (change: Partial<Patch> = {}): Patch => ({ ...probePatch([8, 8, 12], options.settings), ...change });

describe("openDevice()", () => {
  it("runs passes in a thread of its own, and takes the patch's buffers", async () => {
    const one = patch();
    const masks = await Promise.all([device.run(one), device.run(patch()), device.run(patch())]);
    expect(one.image.length).toBe(0);
    expect(masks[0]).toHaveLength(8 * 8 * 12);
    expect(masks[1]).toEqual(masks[0]);
    expect(masks[2]).toEqual(masks[0]);
  });

  it("rejects an aborted pass with the signal's reason, and runs the others", async () => {
    await expect(device.run(patch(), { signal: AbortSignal.abort("before") })).rejects.toBe("before");
    const controller = new AbortController();
    const running = device.run(patch(), { signal: controller.signal });
    const waiting = device.run(patch(), { signal: controller.signal });
    const other = device.run(patch());
    const ends = Promise.allSettled([running, waiting]);
    controller.abort(new Error("enough"));
    for (const end of await ends) expect(end).toMatchObject({ status: "rejected", reason: { message: "enough" } });
    expect(await other).toHaveLength(8 * 8 * 12);
  });

  it.each<[string, Partial<Patch>, string]>([
    ["another size", { size: [8, 12, 8] }, "Cannot run a patch of [8, 12, 8]: the model's patch size is [8, 8, 12]"],
    ["too few voxels", { image: new Float32Array(3) }, "with 3 image and 768 mask voxels: 768 are expected"],
    ["a lone prompt position", { promptIndex: Int32Array.of(1, 2) }, "with 2 prompt positions and 1 values"],
    ["a prompt outside", { promptIndex: Int32Array.of(7 * 768) }, "at position 5376: there are 7 × 768 voxels"],
    ["no spread", { std: 0 }, "Cannot normalise by mean 16 and standard deviation 0"],
  ])("refuses a patch of %s", async (_, change, message) => {
    await expect(device.run(patch(change))).rejects.toThrow(PassFailed);
    await expect(device.run(patch(change))).rejects.toThrow(message);
  });

  it("refuses a patch that is handed over twice, and goes on", async () => {
    const [one, twice] = [patch(), patch()];
    const ends = await Promise.allSettled([device.run(one), device.run(twice), device.run(twice), device.run(patch())]);
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(ends[2]).toMatchObject({
      reason: { tag: "PassFailed", message: "Cannot run a patch whose buffers were handed over before" },
    });
  });

  it("says why a device that was asked for does not work", async () => {
    // No machine has both.
    const missing = process.platform === "darwin" ? "dml" : "coreml";
    const error = await openDevice({ ...options, device: missing }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeviceUnavailable);
    expect((error as Error).message).toMatch(`Cannot run the model on device "${missing}": ${missing} (`);
    expect((error as DeviceUnavailable).attempts).toMatchObject([
      { name: missing, ok: false, reason: expect.any(String) },
    ]);
  });

  it("finds a device by itself and tells what it tried", async () => {
    const found = await openDevice({ ...options, device: "auto" });
    expect(found.providers.at(-1)).toEqual({ name: found.name, ok: true });
    for (const attempt of found.providers.slice(0, -1))
      expect(attempt).toMatchObject({ ok: false, reason: expect.any(String) });
    expect(await found.run(patch())).toEqual(await device.run(patch()));
    await found.close();
  });

  it("rejects waiting passes when it is closed", async () => {
    const closing = await openDevice(options);
    const ends = Promise.allSettled(Array.from({ length: 50 }, () => closing.run(patch())));
    await closing.close();
    expect((await ends).at(-1)).toMatchObject({ status: "rejected", reason: { tag: "DeviceLost" } });
    await expect(closing.run(patch())).rejects.toThrow("the device is closed");
  });
});

describe("revive()", () => {
  it("fails the passes of a thread that ends, and starts another for the next", async () => {
    const threads: WorkerLink[] = [];
    const { channels } = options.settings;
    const size = options.settings.patchSize;
    const worker = {
      graph: options.graph.path,
      provider: "cpu" as const,
      size,
      warmUpSize: size,
      settings: { channels },
    };
    const link = await revive(async (onEnd) => {
      const thread = await startWorker(worker, onEnd);
      threads.push(thread);
      return thread;
    });
    // The first ones may be done before the thread has ended.
    const ends = Promise.allSettled(Array.from({ length: 50 }, () => link.run(patch())));
    await Promise.resolve();
    await threads[0].close();
    expect((await ends).at(-1)).toMatchObject({ status: "rejected", reason: { tag: "DeviceLost" } });
    expect(await link.run(patch())).toEqual(await device.run(patch()));
    expect(threads).toHaveLength(2);
    await link.close();
  });
});

describe("loadModel()", () => {
  it("segments with the built-in model on the CPU", async () => {
    const { model, facts, secondsPerPass, close } = await loadModel({ folder: builtIn, cacheDir, device: "cpu" });
    expect(secondsPerPass).toBeGreaterThan(0.001);
    expect(facts).toEqual({
      ...{ name: "light-v2", licence: "CC0-1.0", patchSize: [80, 80, 80], device: "cpu" },
      providers: [{ name: "cpu", ok: true }],
      remembered: false,
    });
    // A bright ball of a quarter of the edge with a point at its centre.
    const { patchSize } = model.settings;
    const [edge] = patchSize;
    const mask = await model.predict(probePatch(patchSize, model.settings));
    const inBall = (i: number) => {
      const [a, b, c] = [Math.floor(i / edge ** 2), Math.floor(i / edge) % edge, i % edge];
      return Math.hypot(a - edge / 2, b - edge / 2, c - edge / 2) < edge / 4;
    };
    const inside = mask.filter((value, i) => value === 1 && inBall(i)).length;
    const outside = mask.filter((value, i) => value === 1 && !inBall(i)).length;
    expect(inside).toBeGreaterThan(1000);
    expect(outside).toBeLessThan(inside / 5);

    // In the middle of a pass: the runtime would take the whole process with it if its thread were ended then.
    const cutOff = expect(model.predict(probePatch(patchSize, model.settings))).rejects.toThrow(DeviceLost);
    await setTimeout(30);
    await close();
    await cutOff;
    await expect(model.predict(probePatch(patchSize, model.settings))).rejects.toThrow(DeviceLost);
  });
});
