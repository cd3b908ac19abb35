import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { ModelSettings } from "@septum/segment";
import { z } from "zod";
import { CELL } from "./around-graph.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { ModelFolderError, UnsupportedModel } from "./errors.ts";
import { checkShape, parseJson, readOptional } from "./json.ts";
import { readMetadata } from "./metadata.ts";
import type { Network } from "./network.ts";
import { type Plans, readConfiguration, readPlans } from "./plans.ts";

/** A model folder in nnInteractive format, read and checked except for the weights themselves. */
export interface ModelFolder {
  readonly path: string;
  /** The folder's own name, such as `light-v2`. */
  readonly name: string;
  /** Licence identifier of the weights; `!!MISSING!!` when the folder does not say. */
  readonly licence: string;
  readonly settings: ModelSettings;
  readonly network: Network;
  readonly checkpoint: Checkpoint;
}

export interface FolderOptions {
  /** Which `fold_<k>`; needed when there are several. */
  readonly fold?: number | "all";
  /** File name of the weights inside the fold. */
  readonly checkpoint?: string;
}

/**
 * Reads a model folder (spec §1): metadata, plans, licence, and the checkpoint's table of contents.
 *
 * @throws ModelFolderError, UnsupportedModel, CheckpointError
 */
export async function openModelFolder(folder: string, options: FolderOptions = {}): Promise<ModelFolder> {
  const path = resolve(folder);
  const metadata = await readMetadata(path);
  await checkDataset(path);
  const plans = await readPlans(path);
  const fold = await chooseFold(path, options.fold);
  const checkpoint = await readCheckpoint(join(path, fold, options.checkpoint ?? "checkpoint_final.pth"));
  if (checkpoint.configuration === undefined) {
    throw new ModelFolderError(`${checkpoint.path} does not say which configuration it was trained with`);
  }
  const { patchSize, network } = readConfiguration(plans, checkpoint.configuration);
  const settings: ModelSettings = { ...metadata, patchSize };
  checkCoverMargin(settings, path);
  checkLikeness(settings, path);
  return {
    path,
    name: basename(path),
    licence: await readLicence(path, plans, checkpoint),
    settings,
    network,
    checkpoint,
  };
}

/** Spec §1.6, and one image channel, because `Patch` carries one. */
async function checkDataset(folder: string): Promise<void> {
  const path = join(folder, "dataset.json");
  const text = await readOptional(folder, "dataset.json");
  if (text === undefined) throw new ModelFolderError(`${folder} is no model folder: it has no dataset.json`);
  const names = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]);
  const shape = z.object({
    channel_names: names.optional(),
    modality: names.optional(),
    labels: z.looseObject({ background: z.literal(0) }),
  });
  const dataset = checkShape(shape, parseJson(text, path), path);
  const channels = dataset.channel_names ?? dataset.modality;
  if (channels === undefined) throw new ModelFolderError(`${path} has neither channel_names nor modality`);
  const count = Object.keys(channels).length;
  if (count !== 1) throw new UnsupportedModel(`${path} names ${count} image channels; Septum feeds one`);
}

async function chooseFold(folder: string, wanted: FolderOptions["fold"]): Promise<string> {
  if (wanted !== undefined) return `fold_${wanted}`;
  const entries = await readdir(folder, { withFileTypes: true });
  const folds = entries
    .filter((entry) => entry.isDirectory() && entry.name.startsWith("fold_"))
    .map(({ name }) => name);
  if (folds.length === 1) return folds[0];
  const found =
    folds.length === 0 ? "no folder named fold_<k>" : `several folds (${folds.sort().join(", ")}): name one`;
  throw new ModelFolderError(`${folder} has ${found}`);
}

/** A refinement box covers the patch without its margins; with nothing left, the cover would never end. */
function checkCoverMargin({ patchSize, coverMargin }: ModelSettings, folder: string): void {
  if (Math.min(...patchSize) <= 2 * coverMargin) {
    throw new ModelFolderError(
      `${folder}: patch size [${patchSize.join(", ")}] is too small for a cover margin of ${coverMargin} on each side; ` +
        `set septum.cover_margin in inference_info.json to less than ${Math.min(...patchSize) / 2}`,
    );
  }
}

function checkLikeness({ patchSize, likeness }: ModelSettings, folder: string): void {
  if (likeness && patchSize.some((edge) => edge % CELL !== 0)) {
    throw new ModelFolderError(
      `${folder} asks for likeness, which needs patch edges that are multiples of ${CELL}; they are [${patchSize.join(", ")}]`,
    );
  }
}

/** Spec §1.2. */
async function readLicence(folder: string, plans: Plans, { configuration }: Checkpoint): Promise<string> {
  const text = await readOptional(folder, "LICENSE");
  const line = text?.split(/\r?\n/).find((candidate) => candidate.trim() !== "");
  if (line !== undefined) return line.trim();
  const official = plans.datasetName === "Dataset225_nnInteractiveV2" && configuration === "3d_fullres_ps192_bs24";
  return official ? "CC BY-NC-SA 4.0" : "!!MISSING!!";
}
