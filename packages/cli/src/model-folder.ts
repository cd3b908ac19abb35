import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogueSettings, findModel } from "@septum/model";
import { CommandError } from "./errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** `src` and `dist` are equally deep. */
export const builtInModel = fileURLToPath(new URL("../../../models/light-v2", import.meta.url));

/** A folder as given, or the name of a model of the catalogue that is on this machine. */
export async function resolveModel(given: string | undefined, env: Environment): Promise<string> {
  if (given === undefined) return builtInModel;
  const isThere = await access(given).then(
    () => true,
    () => false,
  );
  if (isThere) return given;
  if (!/^nnInteractive_[\w.-]*$/.test(given)) throw new CommandError(`There is no model folder ${given}`);
  const found = await findModel(catalogueSettings(env), given);
  if (found) return found;
  throw new CommandError(`The model ${given} is not on this machine. To get it: septum models download ${given}`);
}

/** Where compiled networks are kept: a folder that may be deleted at any time. */
export function cacheFolder(env: Environment, platform: NodeJS.Platform = process.platform, home = homedir()): string {
  if (platform === "win32") return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "Septum", "Cache");
  if (platform === "darwin") return join(home, "Library", "Caches", "Septum");
  return join(env.XDG_CACHE_HOME || join(home, ".cache"), "septum");
}
