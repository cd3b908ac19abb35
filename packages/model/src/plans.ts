import { join } from "node:path";
import type { Vec3 } from "@septum/volume";
import { z } from "zod";
import { networkOf, oldNetworkOf } from "./architecture.ts";
import { ModelFolderError, UnsupportedModel } from "./errors.ts";
import { checkShape, parseJson, readOptional } from "./json.ts";
import { type Network, totalStride } from "./network.ts";

/** `plans.json`, read as far as needed (spec §1.5). */
export interface Plans {
  readonly path: string;
  readonly datasetName?: string;
  readonly configurations: Readonly<Record<string, Configuration>>;
}

export type Configuration = Readonly<Record<string, unknown>>;

const plansShape = z.object({
  dataset_name: z.string().optional(),
  configurations: z.record(z.string(), z.record(z.string(), z.unknown())),
});

/** Reads `plans.json`. Throws `ModelFolderError`. */
export async function readPlans(folder: string): Promise<Plans> {
  const path = join(folder, "plans.json");
  const text = await readOptional(folder, "plans.json");
  if (text === undefined) throw new ModelFolderError(`${folder} is no model folder: it has no plans.json`);
  const plans = checkShape(plansShape, parseJson(text, path), path);
  return { path, datasetName: plans.dataset_name, configurations: plans.configurations };
}

/**
 * The patch size and network of one configuration, parents included.
 *
 * @throws ModelFolderError when the configuration is unknown, inherits from itself or contradicts itself;
 * UnsupportedModel when it asks for something Septum does not do
 */
export function readConfiguration(plans: Plans, name: string): { patchSize: Vec3; network: Network } {
  const { path } = plans;
  const configuration = resolve(plans, name, []);
  if (configuration.previous_stage != null) {
    throw new UnsupportedModel(
      `${path}: configuration ${name} is the second stage of a cascade, which is not supported`,
    );
  }
  const patchSize = checkShape(
    z.array(z.int().positive()),
    configuration.patch_size,
    `patch_size of ${name} in ${path}`,
  );
  if (patchSize.length !== 3) {
    throw new UnsupportedModel(`${path}: patch size is [${patchSize.join(", ")}]; only 3D networks are supported`);
  }
  const where = `${path}, configuration ${name}`;
  const network =
    configuration.architecture === undefined
      ? oldNetworkOf(configuration, where)
      : networkOf(configuration.architecture, where);
  const stride = totalStride(network);
  for (let axis = 0; axis < 3; axis++) {
    if (patchSize[axis] % stride[axis] !== 0) {
      throw new ModelFolderError(
        `${where}: patch size is [${patchSize.join(", ")}], but has to be a multiple of [${stride.join(", ")}], the product of all strides`,
      );
    }
  }
  return { patchSize: patchSize as unknown as Vec3, network };
}

function resolve({ path, configurations }: Plans, name: string, heirs: readonly string[]): Configuration {
  if (!Object.hasOwn(configurations, name)) {
    const known = Object.keys(configurations).join(", ");
    throw new ModelFolderError(`${path} has no configuration ${name}; it has ${known || "none"}`);
  }
  if (heirs.includes(name)) {
    throw new ModelFolderError(`${path}: configuration ${name} inherits from itself (${[...heirs, name].join(" → ")})`);
  }
  const own = configurations[name];
  if (own.inherits_from === undefined) return own;
  const parent = resolve({ path, configurations }, String(own.inherits_from), [...heirs, name]);
  return { ...parent, ...own };
}
