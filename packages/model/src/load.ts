import type { Model, ModelSettings } from "@septum/segment";
import { compileModel } from "./compile.ts";
import { type DeviceName, modelOnDevice, openDevice, type ProviderAttempt } from "./device.ts";
import { type FolderOptions, openModelFolder } from "./folder.ts";

export interface LoadOptions extends FolderOptions {
  readonly folder: string;
  /** Where compiled graphs are kept; may be shared by several processes. */
  readonly cacheDir: string;
  /** Default `auto`. */
  readonly device?: DeviceName | "auto";
  /** CPU threads of the network; default: as many as there are cores. */
  readonly threads?: number;
}

export interface ModelFacts {
  readonly name: string;
  readonly licence: string;
  readonly patchSize: ModelSettings["patchSize"];
  /** The provider in use. */
  readonly device: DeviceName;
  /** Every provider tried, in order, and why each one that failed did. */
  readonly providers: readonly ProviderAttempt[];
  /** The reasons are from an earlier start, since nothing has changed that would change them. */
  readonly remembered: boolean;
}

export interface LoadedModel {
  readonly model: Model;
  readonly facts: ModelFacts;
  /** What a pass takes, going by one at the start. */
  readonly secondsPerPass: number;
  close(): Promise<void>;
}

/**
 * A model folder, ready to segment: read, compiled into the cache unless it is there, and running on a device.
 *
 * @throws ModelFolderError, UnsupportedModel, CheckpointError, DeviceUnavailable
 */
export async function loadModel(options: LoadOptions): Promise<LoadedModel> {
  const folder = await openModelFolder(options.folder, options);
  const graph = await compileModel(folder, { cacheDir: options.cacheDir });
  const { settings, name, licence } = folder;
  const remember = { folder: options.cacheDir };
  const device = await openDevice({ graph, settings, device: options.device, threads: options.threads, remember });
  const { providers, remembered } = device;
  return {
    model: modelOnDevice(device),
    facts: { name, licence, patchSize: settings.patchSize, device: device.name, providers, remembered },
    secondsPerPass: device.secondsPerPass,
    close: () => device.close(),
  };
}
