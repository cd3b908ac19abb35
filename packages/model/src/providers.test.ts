import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileModel } from "./compile.ts";
import type { DeviceOptions } from "./device.ts";
import { openModelFolder } from "./folder.ts";
import { candidates, whyNot } from "./providers.ts";

let cacheDir = "";
let options: DeviceOptions;

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "septum-providers-"));
  const model = await openModelFolder(
    fileURLToPath(new URL("../../../fixtures/graphs/residual/model", import.meta.url)),
  );
  options = { graph: await compileModel(model, { cacheDir }), settings: model.settings, device: "cpu", threads: 1 };
});
afterAll(() => rm(cacheDir, { recursive: true }));

describe("candidates()", () => {
  it("ends with the CPU, and is the device itself when one is named", () => {
    expect(candidates("auto").at(-1)).toBe("cpu");
    expect(candidates("cuda")).toEqual(["cuda"]);
  });
});

describe("whyNot()", () => {
  it("has nothing against a provider whose small pass agrees with the CPU's", async () => {
    // The CPU itself takes the way of an accelerator here: the one provider every machine has.
    expect(await whyNot("cpu", options)).toBeUndefined();
  });

  it("tells the runtime's reason for a provider that cannot load the graph", async () => {
    const graph = { ...options.graph, path: join(cacheDir, "none.onnx") };
    expect(await whyNot("cpu", { ...options, graph })).toMatch(/none\.onnx/);
  });

  it("tells that no result came in time, and ends the process", async () => {
    const start = performance.now();
    expect(await whyNot("cpu", options, 0.02)).toBe("no result within 0.02 s");
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
