import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Patch } from "@septum/segment";
import { toHalfBits, type Vec3 } from "@septum/volume";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileModel, writeBareGraph } from "./compile.ts";
import { openModelFolder } from "./folder.ts";
import { LIKENESS_CHANNELS } from "./likeness-graph.ts";
import { openSession, runLogits, runPatch } from "./session.ts";
import { readNpy } from "./testing.ts";

/** How far a port may be from the official network (spec §7). */
const LARGEST_ERROR = 1e-3;
const MOST_FLIPS = 1e-4;

const fixtures = fileURLToPath(new URL("../../../fixtures/graphs", import.meta.url));
const shared = fileURLToPath(new URL("../../../../shared/goldens/graphs", import.meta.url));

const goldens = [
  ...(await foldersIn(fixtures)).map((name) => ({ name, path: join(fixtures, name) })),
  ...(await foldersIn(shared)).map((name) => ({ name: `shared ${name}`, path: join(shared, name) })),
];
if (!goldens.some(({ path }) => path.startsWith(shared))) {
  it.skip("the larger graphs: skipped, the shared reference data is not beside this checkout", () => {});
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function npy(folder: string, file: string) {
  return readNpy(await readFile(join(folder, file)));
}

/** Largest difference of the logits relative to the largest logit, and the share of voxels on the other side. */
function compare(logits: Float32Array, golden: Float32Array): { error: number; flips: number } {
  const voxels = golden.length / 2;
  let error = 0;
  let largest = 0;
  let flips = 0;
  for (let i = 0; i < golden.length; i++) {
    error = Math.max(error, Math.abs(logits[i] - golden[i]));
    largest = Math.max(largest, Math.abs(golden[i]));
  }
  for (let i = 0; i < voxels; i++) {
    if (logits[voxels + i] > logits[i] !== golden[voxels + i] > golden[i]) flips++;
  }
  return { error: error / largest, flips: flips / voxels };
}

/**
 * The compact form of a golden's channels, of which the last `made` are the graph's own work. Without the raw image, the normalised one
 * is passed through.
 */
function compact(input: { shape: number[]; data: Float32Array }, made: number, raw?: Float32Array<ArrayBuffer>): Patch {
  const size = input.shape.slice(1) as unknown as Vec3;
  const voxels = size[0] * size[1] * size[2];
  const promptIndex: number[] = [];
  const end = input.data.length - made * voxels;
  for (let at = 2 * voxels; at < end; at++) if (input.data[at] !== 0) promptIndex.push(at - voxels);
  return {
    size,
    image: raw ?? input.data.slice(0, voxels),
    mean: raw ? 11.5 : 0,
    std: raw ? 37.25 : 1,
    previous: Uint16Array.from(input.data.subarray(voxels, 2 * voxels), toHalfBits),
    promptIndex: Int32Array.from(promptIndex),
    promptValue: Float32Array.from(promptIndex, (at) => input.data[voxels + at]),
  };
}

describe.each(goldens)("the graph of $name", ({ path }) => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "septum-graph-"));
    await cp(join(path, "model"), join(folder, "model"), { recursive: true });
    // The goldens' patches are smaller than the reference's cover margin allows.
    const file = join(folder, "model", "inference_info.json");
    const info = JSON.parse(await readFile(file, "utf8"));
    await rm(file);
    await writeFile(file, JSON.stringify({ ...info, septum: { ...info.septum, cover_margin: 1 } }));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("gives the official network's logits for the network alone", async () => {
    const model = await openModelFolder(join(folder, "model"));
    const session = await InferenceSession.create(await writeBareGraph(model, folder));
    const input = await npy(path, "input.npy");
    const { logits } = await session.run({ input: new Tensor("float32", input.data, [1, ...input.shape]) });
    const { error, flips } = compare(logits.data as Float32Array, (await npy(path, "logits.npy")).data);
    expect(error).toBeLessThan(LARGEST_ERROR);
    expect(flips).toBeLessThanOrEqual(MOST_FLIPS);
  });

  it("gives them as well with statistics summed in stages, as large patches have them", async () => {
    const model = await openModelFolder(join(folder, "model"));
    const large = { ...model, settings: { ...model.settings, patchSize: [1024, 1024, 1024] as const } };
    const session = await InferenceSession.create(await writeBareGraph(large, folder));
    const input = await npy(path, "input.npy");
    const { logits } = await session.run({ input: new Tensor("float32", input.data, [1, ...input.shape]) });
    const { error, flips } = compare(logits.data as Float32Array, (await npy(path, "logits.npy")).data);
    expect(error).toBeLessThan(LARGEST_ERROR);
    expect(flips).toBeLessThanOrEqual(MOST_FLIPS);
  });

  it("gives the same logits, and their mask, from a compact patch", async () => {
    const model = await openModelFolder(join(folder, "model"));
    const { path: graph } = await compileModel(model, { cacheDir: folder });
    const session = await openSession({ graph, provider: "cpu", size: model.settings.patchSize });
    const input = await npy(path, "input.npy");
    const golden = (await npy(path, "logits.npy")).data;
    const raw = await npy(path, "image.npy").catch(() => undefined);
    const patch = () => compact(input, model.settings.likeness ? LIKENESS_CHANNELS : 0, raw?.data);
    const logits = await runLogits(session, patch());
    const { error, flips } = compare(logits, golden);
    expect(error).toBeLessThan(LARGEST_ERROR);
    expect(flips).toBeLessThanOrEqual(MOST_FLIPS);
    const voxels = golden.length / 2;
    const mask = await runPatch(session, patch());
    expect(mask).toEqual(Uint8Array.from({ length: voxels }, (_, i) => (logits[voxels + i] > logits[i] ? 1 : 0)));
    expect(new Set(mask)).toEqual(new Set([0, 1]));
  });
});

describe("the work at the graph's door", () => {
  it("puts the previous mask at the channel the model names, and prompts around it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "septum-graph-"));
    const golden = join(fixtures, "plain");
    await cp(join(golden, "model"), join(folder, "model"), { recursive: true });
    const mapping = { prev_seg: -2, bbox2d: [0, 1], bbox3d: [0, 1], lasso: [0, 1], points: [2, 3], scribble: [4, 6] };
    const info = { interaction_channels: 6, channel_mapping: mapping, septum: { cover_margin: 1 } };
    await writeFile(join(folder, "model", "inference_info.json"), JSON.stringify(info));
    const model = await openModelFolder(join(folder, "model"));
    expect(model.settings.channels.previous).toBe(5);
    const bare = await InferenceSession.create(await writeBareGraph(model, folder));
    const { path: graph } = await compileModel(model, { cacheDir: folder });
    const door = await openSession({ graph, provider: "cpu", size: model.settings.patchSize });

    const size: Vec3 = [4, 8, 12];
    const voxels = 4 * 8 * 12;
    const channels = new Float32Array(8 * voxels).map((_, i) => (i < voxels ? Math.sin(i) : 0));
    for (let i = 0; i < voxels; i += 3) channels[6 * voxels + i] = 0.25; // previous, after the image's channel
    channels[voxels + 5] = 1;
    channels[7 * voxels + 40] = 0.5;
    const previous = new Uint16Array(voxels).map((_, i) => (i % 3 === 0 ? toHalfBits(0.25) : 0));
    const patch: Patch = {
      ...{ size, image: channels.slice(0, voxels), mean: 0, std: 1, previous },
      ...{ promptIndex: Int32Array.of(5, 6 * voxels + 40), promptValue: Float32Array.of(1, 0.5) },
    };
    const { logits } = await bare.run({ input: new Tensor("float32", channels, [1, 8, ...size]) });
    expect(await runLogits(door, patch)).toEqual(logits.data);
    await rm(folder, { recursive: true });
  });

  it("takes a patch without prompts", async () => {
    const folder = await mkdtemp(join(tmpdir(), "septum-graph-"));
    const model = await openModelFolder(join(fixtures, "residual", "model"));
    const { path: graph } = await compileModel(model, { cacheDir: folder });
    const session = await openSession({ graph, provider: "cpu", size: model.settings.patchSize });
    const size: Vec3 = [8, 8, 12];
    const image = new Float32Array(8 * 8 * 12).map((_, i) => i % 7);
    const nothing = { promptIndex: new Int32Array(0), promptValue: new Float32Array(0) };
    const mask = await runPatch(session, { size, image, mean: 3, std: 2, previous: new Uint16Array(768), ...nothing });
    expect(mask).toHaveLength(768);
    await rm(folder, { recursive: true });
  });

  it("tells a network nothing of the intensity at prompts where there are none", async () => {
    const folder = await mkdtemp(join(tmpdir(), "septum-graph-"));
    const model = await openModelFolder(join(fixtures, "plain_without_norm", "model"));
    const size = model.settings.patchSize;
    const voxels = size[0] * size[1] * size[2];
    const image = new Float32Array(voxels).map((_, i) => Math.sin(i));
    const bare = await InferenceSession.create(await writeBareGraph(model, folder));
    const count = 1 + model.settings.interactionChannels;
    const channels = new Float32Array(count * voxels);
    channels.set(image);
    const { logits } = await bare.run({ input: new Tensor("float32", channels, [1, count, ...size]) });
    const { path: graph } = await compileModel(model, { cacheDir: folder });
    const door = await openSession({ graph, provider: "cpu", size });
    const nothing = { promptIndex: new Int32Array(0), promptValue: new Float32Array(0) };
    const told = await runLogits(door, { size, image, mean: 0, std: 1, previous: new Uint16Array(voxels), ...nothing });
    expect(compare(told, logits.data as Float32Array).error).toBeLessThan(1e-6);
    await rm(folder, { recursive: true });
  });
});
