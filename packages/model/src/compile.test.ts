import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCheckpoint, readWeights } from "./checkpoint.ts";
import { compileModel } from "./compile.ts";
import { type ModelFolder, openModelFolder } from "./folder.ts";
import { openSession } from "./session.ts";
import { checkpoint, type FakeTensor } from "./testing.ts";

const fixture = fileURLToPath(new URL("../../../fixtures/graphs/plain/model", import.meta.url));

let cacheDir = "";
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "septum-compile-"));
});
afterEach(() => rm(cacheDir, { recursive: true }));

/** The fixture with some of its weights replaced, or taken away. */
async function withWeights(changes: Record<string, FakeTensor | undefined>): Promise<ModelFolder> {
  const model = await openModelFolder(fixture);
  const weights: Record<string, FakeTensor> = {};
  for await (const { name, values } of readWeights(model.checkpoint, [...model.checkpoint.weights.keys()])) {
    const shape = model.checkpoint.weights.get(name)?.shape ?? [];
    weights[name] = { shape, bytes: new Uint8Array(values.buffer) };
  }
  for (const [name, change] of Object.entries(changes)) {
    if (change === undefined) delete weights[name];
    else weights[name] = change;
  }
  const path = join(cacheDir, "checkpoint_final.pth");
  await writeFile(path, checkpoint({ weights }));
  return { ...model, checkpoint: await readCheckpoint(path) };
}

const head = "decoder.seg_layers.0.bias";

describe("compileModel()", () => {
  it("writes a graph once, and finds it again", async () => {
    const model = await openModelFolder(fixture);
    const first = await compileModel(model, { cacheDir });
    const before = await readFile(first.path);
    await writeFile(first.path, "kept");
    expect(await compileModel(model, { cacheDir })).toEqual(first);
    expect(await readFile(first.path, "utf8")).toBe("kept");
    expect(before.length).toBeGreaterThan(1000);
    expect(await readdir(join(cacheDir, "graphs"))).toHaveLength(1);
  });

  it("writes another one for other weights", async () => {
    const one = await compileModel(await openModelFolder(fixture), { cacheDir });
    const other = await withWeights({ [head]: { shape: [2], bytes: new Uint8Array(Float32Array.of(1, 2).buffer) } });
    expect((await compileModel(other, { cacheDir })).path).not.toBe(one.path);
  });

  it("lets several compile the same model at once", async () => {
    const model = await openModelFolder(fixture);
    const graphs = await Promise.all(Array.from({ length: 6 }, () => compileModel(model, { cacheDir })));
    expect(new Set(graphs.map(({ path }) => path)).size).toBe(1);
    expect(await readdir(join(cacheDir, "graphs"))).toHaveLength(1);
    await openSession({ graph: graphs[0].path, provider: "cpu", size: [4, 8, 12] });
  });

  it("replaces a damaged graph and sweeps up what a killed process left", async () => {
    const model = await openModelFolder(fixture);
    const { path } = await compileModel(model, { cacheDir });
    await truncate(join(path, "..", "weights.bin"), 10);
    const leftover = await mkdtemp(join(cacheDir, "graphs", ".draft-"));
    const twoDaysAgo = Date.now() / 1000 - 48 * 3600;
    await utimes(leftover, twoDaysAgo, twoDaysAgo);
    await compileModel(model, { cacheDir });
    await openSession({ graph: path, provider: "cpu", size: [4, 8, 12] });
    expect(await readdir(join(cacheDir, "graphs"))).toHaveLength(1);
  });

  it("names a weight that is missing, and what was expected", async () => {
    const model = await withWeights({ [head]: undefined });
    const message = `Weight "${head}" is missing from ${model.checkpoint.path}: expected [2]`;
    await expect(compileModel(model, { cacheDir })).rejects.toThrow(message);
  });

  it("names a weight of the wrong shape, what it has and what was expected", async () => {
    const model = await withWeights({ [head]: { shape: [3, 1] } });
    await expect(compileModel(model, { cacheDir })).rejects.toThrow(`has shape [3, 1]: expected [2]`);
  });

  it("refuses weights that are not finite, and leaves nothing behind", async () => {
    const model = await withWeights({
      [head]: { shape: [2], bytes: new Uint8Array(Float32Array.of(0, Number.NaN).buffer) },
    });
    await expect(compileModel(model, { cacheDir })).rejects.toThrow(
      `Weight "${head}" of ${model.checkpoint.path} holds NaN at element 1`,
    );
    expect(await readdir(join(cacheDir, "graphs"))).toEqual([]);
  });
});
