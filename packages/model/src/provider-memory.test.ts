import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compileModel } from "./compile.ts";
import { type DeviceName, type DeviceOptions, openDevice } from "./device.ts";
import { openModelFolder } from "./folder.ts";
import { providerMemory } from "./provider-memory.ts";

const fixture = fileURLToPath(new URL("../../../fixtures/graphs/residual/model", import.meta.url));

let folder = "";
let options: DeviceOptions;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "septum-memory-"));
  const { settings, ...model } = await openModelFolder(fixture);
  const graph = await compileModel({ settings, ...model }, { cacheDir: folder });
  options = { graph, settings, device: "auto", threads: 1, remember: { folder } };
});

afterEach(() => rm(folder, { recursive: true }));

/** Opens and closes a device; `tried` are the accelerators that were tried, and each one fails with its name. */
async function open(change: Partial<DeviceOptions> = {}) {
  const tried: DeviceName[] = [];
  const device = await openDevice({ ...options, ...change }, async (name) => {
    tried.push(name);
    return `no ${name}`;
  });
  await device.close();
  return { device, tried };
}

describe("openDevice() that remembers", () => {
  it("tries the accelerators once, and shows their reasons again afterwards", async () => {
    const first = await open();
    expect(first.tried.length).toBeGreaterThan(0);
    expect(first.device.remembered).toBe(false);
    const second = await open();
    expect(second.tried).toEqual([]);
    expect(second.device.remembered).toBe(true);
    expect(second.device.providers).toEqual(first.device.providers);
    expect(second.device.providers.at(-1)).toEqual({ name: "cpu", ok: true });
  });

  it("tries them again when told to, with other threads, with another environment, and after a week", async () => {
    await open();
    expect((await open({ remember: { folder, again: true } })).tried).not.toEqual([]);
    expect((await open({ threads: 2 })).tried).not.toEqual([]);
    await open();
    const before = process.env.CUDA_VISIBLE_DEVICES;
    process.env.CUDA_VISIBLE_DEVICES = "septum-test";
    try {
      expect((await open()).tried).not.toEqual([]);
    } finally {
      if (before === undefined) delete process.env.CUDA_VISIBLE_DEVICES;
      else process.env.CUDA_VISIBLE_DEVICES = before;
    }
    await open();
    const at = (days: number) => providerMemory(folder, options, () => Date.now() + days * 24 * 3_600_000).recall();
    expect(await at(6)).toBeDefined();
    expect(await at(7)).toBeUndefined();
    expect(await at(-1)).toBeUndefined();
  });

  it("neither uses nor writes a memory for a device asked for by name", async () => {
    await open();
    expect((await open({ device: "cpu" })).device.providers).toEqual([{ name: "cpu", ok: true }]);
    expect((await open()).tried).toEqual([]);
  });

  it("tries everything when what worked does not any more, or the file is damaged", async () => {
    // One of another system: its thread does not get ready.
    const name = process.platform === "win32" ? "coreml" : "dml";
    await providerMemory(folder, options).keep([{ name, ok: true }]);
    const { tried, device } = await open();
    expect(tried).not.toEqual([]);
    expect([device.name, device.remembered]).toEqual(["cpu", false]);
    await writeFile(join(folder, "providers.json"), '{"attempts": 7}');
    expect((await open()).tried).not.toEqual([]);
    expect((await open()).tried).toEqual([]);
    // Nothing half-written stays behind.
    expect((await readdir(folder)).filter((name) => name.startsWith("providers"))).toEqual(["providers.json"]);
  });
});
