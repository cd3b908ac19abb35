import {
  catalogueSettings,
  compileModel,
  type DownloadProgress,
  ensureModel,
  findModel,
  type Licence,
  loadCatalogue,
  modelPath,
  openModelFolder,
} from "@septum/model";
import { CommandError } from "./errors.ts";
import { cacheFolder, type Environment } from "./model-folder.ts";

type Tell = (line: string) => void;

/** `septum models list`: the catalogue, and what of it is on this machine. */
export async function listModels(env: Environment, tell: Tell, warn: Tell): Promise<void> {
  const settings = catalogueSettings(env);
  const { models, from, reason } = await loadCatalogue(settings);
  if (from === "cache") warn(`${settings.endpoint} cannot be reached (${reason}); this is the list as last seen.`);
  for (const { id, displayName, isDefault } of models) {
    const here = await findModel(settings, id);
    tell(`${id}\t${displayName}${isDefault ? " (default)" : ""}\t${here ?? "not downloaded"}`);
  }
}

/** `septum models path`: the folder of a model that is on this machine, or without an id the folder of all. */
export async function showPath(id: string | undefined, env: Environment, tell: Tell): Promise<void> {
  const settings = catalogueSettings(env);
  if (id === undefined) return tell(settings.root);
  const found = await findModel(settings, id);
  if (found) return tell(found);
  throw new CommandError(
    `${modelPath(settings, id)} is not there or not whole. To get it: septum models download ${id}`,
  );
}

export interface DownloadCommandOptions {
  readonly acceptLicence?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** `septum models download`: shows the licence, and fetches the weights of those who accepted it. */
export async function downloadModel(
  id: string,
  options: DownloadCommandOptions,
  env: Environment,
  tell: Tell,
  warn: Tell,
) {
  const { acceptLicence = false, onProgress } = options;
  const folder = await ensureModel(catalogueSettings(env), id, {
    onProgress,
    acceptLicence({ model, text }: Licence) {
      warn(`Licence of ${model}:\n\n${text.trim()}\n`);
      if (!acceptLicence)
        throw new CommandError(`To accept it and download: septum models download ${id} --accept-licence`);
      return true;
    },
  });
  tell(folder);
}

/** `septum models check`: reads a model folder to the last weight and compiles it, without running it. */
export async function checkModel(folder: string, env: Environment, tell: Tell): Promise<void> {
  const model = await openModelFolder(folder);
  await compileModel(model, { cacheDir: cacheFolder(env) });
  const { name, licence, settings, checkpoint } = model;
  const kinds = Object.entries(settings.supported).flatMap(([kind, yes]) => (yes ? [kind] : []));
  tell(`${name}: licence ${licence}`);
  tell(`patch [k, j, i]: ${settings.patchSize.join(" × ")}; prompts: ${kinds.join(", ")}`);
  tell(`${checkpoint.weights.size} weights, every one of the shape that plans.json asks for`);
}
