import { homedir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where programs keep a person's data: XDG on Linux, Application Support on macOS, AppData on Windows. */
export function userDataFolder(
  env: Environment,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  if (platform === "win32") return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "Septum");
  if (platform === "darwin") return join(home, "Library", "Application Support", "Septum");
  return join(env.XDG_DATA_HOME || join(home, ".local", "share"), "septum");
}
