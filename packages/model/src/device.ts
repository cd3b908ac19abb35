import type { Model, ModelSettings, Patch } from "@septum/segment";
import type { CompiledGraph } from "./compile.ts";
import { DeviceLost, DeviceUnavailable } from "./errors.ts";
import { checkPatch } from "./patch-check.ts";
import { providerMemory } from "./provider-memory.ts";
import { candidates, whyNot } from "./providers.ts";
import { revive } from "./revive.ts";
import { startWorker } from "./worker-link.ts";

/** Execution providers of ONNX Runtime that a device may run on. */
export type DeviceName = "cpu" | "cuda" | "tensorrt" | "coreml" | "dml" | "webgpu";

/** One provider that was tried, and why it was not taken. */
export interface ProviderAttempt {
  readonly name: DeviceName;
  readonly ok: boolean;
  readonly reason?: string;
}

export interface DeviceOptions {
  readonly graph: CompiledGraph;
  readonly settings: ModelSettings;
  /** Default `auto`: the first provider that works and is not slower than the CPU. A name is taken or refused. */
  readonly device?: DeviceName | "auto";
  /** CPU threads of the network; default: as many as there are cores. */
  readonly threads?: number;
  /** Where `auto` remembers what trying gave, to skip it while nothing has changed; `again` tries all the same. */
  readonly remember?: { readonly folder: string; readonly again?: boolean };
}

/** One thread that owns the network. Passes run one at a time, in the order they were asked for. */
export interface Device {
  /** The provider in use. */
  readonly name: DeviceName;
  /** Every provider tried, in order. */
  readonly providers: readonly ProviderAttempt[];
  /** The reasons why others were not taken are from an earlier start. */
  readonly remembered: boolean;
  readonly settings: ModelSettings;
  /** What a pass takes, going by one at the start whose patch may have been smaller. */
  readonly secondsPerPass: number;
  /**
   * One pass: uint8[voxels], 1 where the object's logit is greater. The patch's buffers are transferred to the device.
   *
   * An aborted pass rejects at once with the signal's reason; one that already runs is finished unseen.
   *
   * @throws PassFailed when the patch does not fit the network or the runtime fails; DeviceLost when the thread ended, after
   * which the next pass starts a new one
   */
  run(patch: Patch, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends the thread; waiting passes reject with `DeviceLost`. */
  close(): Promise<void>;
}

/**
 * Finds a provider that works and starts the device thread on it (DESIGN §5).
 *
 * @throws DeviceUnavailable when none that was asked for works, with the reason for each
 */
export async function openDevice(options: DeviceOptions, tryProvider = whyNot): Promise<Device> {
  const device = options.device ?? "auto";
  const { remember } = options;
  const memory = device === "auto" && remember ? providerMemory(remember.folder, options) : undefined;
  const known = remember?.again ? undefined : await memory?.recall();
  const taken = known?.find(({ ok }) => ok);
  if (known && taken) {
    const started = await startIfWorking(taken.name, known.slice(0, known.indexOf(taken)), options, true);
    if (typeof started !== "string") return started;
  }
  const attempts: ProviderAttempt[] = [];
  for (const name of candidates(device)) {
    const refused = name === "cpu" ? undefined : await tryProvider(name, { ...options, device });
    const started = refused ?? (await startIfWorking(name, attempts, options, false));
    if (typeof started !== "string") {
      await memory?.keep(started.providers);
      return started;
    }
    attempts.push({ name, ok: false, reason: started });
  }
  const reasons = attempts.map(({ name, reason }) => `${name} (${reason})`).join("; ");
  throw new DeviceUnavailable(`Cannot run the model on device "${device}": ${reasons}`, attempts);
}

/** The device, or the reason why its thread did not get ready. */
async function startIfWorking(
  name: DeviceName,
  failed: readonly ProviderAttempt[],
  options: DeviceOptions,
  remembered: boolean,
): Promise<Device | string> {
  try {
    return await startDevice(name, failed, options, remembered);
  } catch (error) {
    if (!(error instanceof DeviceLost)) throw error;
    return error.message;
  }
}

async function startDevice(
  name: DeviceName,
  failed: readonly ProviderAttempt[],
  options: DeviceOptions,
  remembered: boolean,
): Promise<Device> {
  const { graph, settings, threads } = options;
  const size = settings.patchSize;
  // A full pass of a large network takes the CPU most of a minute; an accelerator shows whether its memory suffices.
  const warmUpSize = name === "cpu" ? graph.probeSize : size;
  const worker = {
    graph: graph.path,
    provider: name,
    threads,
    size,
    settings: { channels: settings.channels },
    warmUpSize,
  };
  const link = await revive((onEnd) => startWorker(worker, onEnd));
  return {
    name,
    providers: [...failed, { name, ok: true }],
    remembered,
    settings,
    secondsPerPass: link.secondsPerPass,
    async run(patch, { signal } = {}) {
      signal?.throwIfAborted();
      checkPatch(patch, settings);
      return link.run(patch, signal);
    },
    close: () => link.close(),
  };
}

/** The engine's view of a device. */
export function modelOnDevice(device: Device): Model {
  return {
    settings: device.settings,
    predict: (patch, { signal } = {}) => device.run(patch, { signal }),
  };
}
