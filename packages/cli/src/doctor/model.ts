import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CheckpointError,
  type CompiledGraph,
  compileModel,
  type Device,
  type DeviceOptions,
  DeviceUnavailable,
  type ModelFolder,
  ModelFolderError,
  openDevice,
  openModelFolder,
  UnsupportedModel,
} from "@septum/model";
import { reasonOf } from "../errors.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

export interface ModelChecks {
  readonly model: string;
  /** Folder of compiled models; a temporary one stands in while it is not there. */
  readonly compiled: string;
  readonly device: DeviceOptions["device"];
  readonly threads?: number;
  /** This machine has an NVIDIA GPU, as far as its driver says. */
  readonly nvidia: boolean;
  /** How a device is tried. */
  readonly tryDevice?: (options: DeviceOptions) => Promise<Device>;
}

const another = "or choose another with --model (SEPTUM_MODEL); `septum models list` shows which can be downloaded";

/** Reads the model to its last weight, compiles it, and runs it on the device that the server would take. */
export async function checkModel(options: ModelChecks): Promise<Finding[]> {
  let folder: ModelFolder;
  try {
    folder = await openModelFolder(options.model);
  } catch (error) {
    return [modelFailure(error, options.model)];
  }
  const cache = await cacheFor(options.compiled);
  try {
    const graph = await compileModel(folder, { cacheDir: cache.folder });
    return [describeModel(folder), await checkDevice(folder, graph, cache.folder, options)];
  } catch (error) {
    return [modelFailure(error, options.model)];
  } finally {
    await cache.remove();
  }
}

function describeModel({ name, licence, checkpoint }: ModelFolder): Finding {
  const says = `${name}, ${checkpoint.weights.size} weights as they should be`;
  if (licence !== "!!MISSING!!") return ok("model", `${says}, licence ${licence}`);
  return warn(
    "model",
    `${says}, but the folder does not say under which licence`,
    "ask whoever gave you the weights, and write the licence's name into a file LICENSE in the folder",
  );
}

async function checkDevice(
  folder: ModelFolder,
  graph: CompiledGraph,
  cacheDir: string,
  options: ModelChecks,
): Promise<Finding> {
  const { device: wanted, threads, nvidia, tryDevice = openDevice } = options;
  // What a server remembers of earlier trials is not asked, and replaced by what comes out.
  const remember = { folder: cacheDir, again: true };
  try {
    const device = await tryDevice({ graph, settings: folder.settings, device: wanted, threads, remember });
    await device.close();
    const refused = device.providers
      .filter(({ ok }) => !ok)
      .map(({ name, reason }) => `not ${name}: ${oneLine(reason)}`);
    const says = [`the network runs on ${device.name}`, ...refused].join("; ");
    return nvidia && device.name === "cpu" && wanted !== "cpu" ? warn("device", says, cudaFix) : ok("device", says);
  } catch (error) {
    const fix =
      error instanceof DeviceUnavailable
        ? `${deviceFix(wanted)}, or leave --device at auto`
        : "start again, and report this if it comes again";
    return fail("device", oneLine(error instanceof Error ? error.message : String(error)), fix);
  }
}

const cudaFix =
  "to use the GPU: ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js (docs/operating.md, CUDA)";

function deviceFix(device: ModelChecks["device"]): string {
  return device === "cuda" || device === "tensorrt" ? cudaFix : "choose another device with --device (SEPTUM_DEVICE)";
}

function modelFailure(error: unknown, path: string): Finding {
  const says = oneLine(error instanceof Error ? error.message : String(error));
  if (error instanceof UnsupportedModel) return fail("model", says, another.slice("or ".length));
  if (error instanceof CheckpointError) {
    return fail("model", says, `fetch the weights again (\`septum models download\` checks them), ${another}`);
  }
  if (error instanceof ModelFolderError) return fail("model", says, `complete or mend the folder, ${another}`);
  return fail("model", `${path}: ${reasonOf(error)}`, `make the folder readable and its disk writable, ${another}`);
}

/** A check leaves nothing behind that was not there: what it compiles is kept only where a server has been already. */
async function cacheFor(compiled: string): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const isThere = await access(compiled).then(
    () => true,
    () => false,
  );
  if (isThere) return { folder: compiled, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "septum-doctor-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

function oneLine(text = "no reason given"): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}
