import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Vec3 } from "@septum/volume";
import { type Checkpoint, readWeights } from "./checkpoint.ts";
import { bareGraph, doorGraph } from "./door-graph.ts";
import { CheckpointError } from "./errors.ts";
import type { ModelFolder } from "./folder.ts";
import { totalStride } from "./network.ts";
import type { OnnxGraph, Weight } from "./onnx-graph.ts";

/** Raise when the graph written for the same folder changes, so that old files in the cache are not used. */
const GRAPH_VERSION = 5;

const GRAPH_FILE = "graph.onnx";
const WEIGHTS_FILE = "weights.bin";

/** Where weights start in their file: enough for any vector instruction. */
const ALIGNMENT = 64;

/** A model's graph on disk, its weights in a file beside it. */
export interface CompiledGraph {
  readonly path: string;
  /** The smallest sensible patch: a pass of it tells whether a device works. */
  readonly probeSize: Vec3;
}

export interface CompileOptions {
  readonly cacheDir: string;
}

/**
 * Writes a model folder's graph into the cache, unless it is there (keyed by a hash of weights, network and graph version).
 * Its files appear under their final name complete or not at all, also when several processes compile at once.
 *
 * @throws CheckpointError naming the first weight that is missing, has another shape, or holds a number that is not finite
 */
export async function compileModel(folder: ModelFolder, { cacheDir }: CompileOptions): Promise<CompiledGraph> {
  const { network, settings, checkpoint } = folder;
  const graph = doorGraph(network, settings);
  checkWeights(checkpoint, graph);

  const root = resolve(cacheDir, "graphs");
  const target = join(root, await cacheKey(folder));
  const compiled = { path: join(target, GRAPH_FILE), probeSize: smallestPatch(folder) };
  const { size } = layout(graph);
  if (await isComplete(target, size)) return compiled;

  await mkdir(root, { recursive: true });
  await removeLeftovers(root);
  const draft = await mkdtemp(join(root, ".draft-"));
  try {
    await writeGraph(draft, checkpoint, graph);
    await publish(draft, target, size);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return compiled;
}

/** The network alone, without the work at its door: `input` to `logits`. Writes the graph and its weights into a folder. */
export async function writeBareGraph({ network, settings, checkpoint }: ModelFolder, into: string): Promise<string> {
  const graph = bareGraph(network, 1 + settings.interactionChannels, settings.patchSize);
  checkWeights(checkpoint, graph);
  await writeGraph(into, checkpoint, graph);
  return join(into, GRAPH_FILE);
}

/** Two voxels at the deepest stage keep instance normalisation meaningful. */
function smallestPatch({ network, settings: { patchSize } }: ModelFolder): Vec3 {
  const stride = totalStride(network);
  return [0, 1, 2].map((k) => {
    const edge = Math.ceil(16 / stride[k]) * stride[k];
    return Math.min(patchSize[k], Math.max(2 * stride[k], edge));
  }) as unknown as Vec3;
}

/** Every weight is compared with the plans before any is read. */
function checkWeights({ path, weights }: Checkpoint, graph: OnnxGraph): void {
  for (const { source, dims } of graph.weights.values()) {
    if (source === undefined) continue;
    const found = weights.get(source);
    const expected = `expected [${dims.join(", ")}]`;
    if (found === undefined) throw new CheckpointError(`Weight "${source}" is missing from ${path}: ${expected}`);
    if (found.shape.length !== dims.length || found.shape.some((edge, k) => edge !== dims[k])) {
      throw new CheckpointError(`Weight "${source}" of ${path} has shape [${found.shape.join(", ")}]: ${expected}`);
    }
  }
}

async function cacheKey({ checkpoint, network, settings }: ModelFolder): Promise<string> {
  const { interactionChannels, channels, patchSize, likeness } = settings;
  const hash = createHash("sha256");
  hash.update(JSON.stringify([GRAPH_VERSION, network, patchSize, interactionChannels, channels, likeness]));
  await pipeline(createReadStream(checkpoint.path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex").slice(0, 32);
}

/** Place of each weight in the weights file, in bytes, and the file's size. */
function layout(graph: OnnxGraph) {
  const place = new Map<string, { offset: number; length: number }>();
  let size = 0;
  for (const { value, dims } of graph.weights.values()) {
    const offset = Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    const length = 4 * dims.reduce((product, edge) => product * edge, 1);
    place.set(value, { offset, length });
    size = offset + length;
  }
  return { place, size };
}

/** One weight is in memory at a time. */
async function writeGraph(into: string, checkpoint: Checkpoint, graph: OnnxGraph): Promise<void> {
  const { place } = layout(graph);
  await writeFile(join(into, GRAPH_FILE), graph.encode(WEIGHTS_FILE, place));
  const weights = [...graph.weights.values()];
  const file = await open(join(into, WEIGHTS_FILE), "w");
  const write = async ({ value }: Weight, values: Float32Array<ArrayBuffer>) => {
    const { offset, length } = place.get(value) as { offset: number; length: number };
    const bytes = new Uint8Array(values.buffer);
    for (let done = 0; done < length; ) {
      done += (await file.write(bytes, done, length - done, offset + done)).bytesWritten;
    }
  };
  try {
    const bySource = new Map(weights.map((weight) => [weight.source, weight]));
    for (const weight of weights) {
      if (weight.source === undefined) await write(weight, new Float32Array(weight.dims[0]).fill(weight.fill ?? 0));
    }
    const sources = weights.map(({ source }) => source).filter((source) => source !== undefined);
    for await (const { name, values } of readWeights(checkpoint, sources)) {
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        throw new CheckpointError(`Weight "${name}" of ${checkpoint.path} holds ${values[bad]} at element ${bad}`);
      }
      await write(bySource.get(name) as Weight, values);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Moves the finished folder to its place. Another process may have been first, which is as good. */
async function publish(draft: string, target: string, size: number): Promise<void> {
  try {
    await rename(draft, target);
  } catch (cause) {
    if (await isComplete(target, size)) return;
    if (!["ENOTEMPTY", "EEXIST", "EPERM"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
  }
}

async function isComplete(folder: string, size: number): Promise<boolean> {
  const files = await Promise.all(
    [GRAPH_FILE, WEIGHTS_FILE].map((name) => stat(join(folder, name)).catch(() => undefined)),
  );
  return (files[0]?.size ?? 0) > 0 && files[1]?.size === size;
}

/** Drafts that a killed process left behind. One that is being written is younger. */
async function removeLeftovers(root: string): Promise<void> {
  const dayMs = 24 * 3600 * 1000;
  for (const name of await readdir(root)) {
    if (!name.startsWith(".draft-")) continue;
    const info = await stat(join(root, name)).catch(() => undefined);
    if (info && Date.now() - info.mtimeMs > dayMs) await rm(join(root, name), { recursive: true, force: true });
  }
}
