import { readSettings, type Settings } from "../settings/settings.ts";
import { startServer } from "./serve.ts";

/**
 * `septum serve`: settings from flags and environment, then a server until SIGTERM or SIGINT. A second signal ends the
 * process at once. Throws `SettingsError`, and what `startServer` throws.
 */
export async function serve(
  flags: Readonly<Partial<Record<keyof Settings, string>>> = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const server = await startServer(readSettings(env, flags));
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
  process.stdout.write("\n  Septum is shutting down; every session is kept.\n");
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(1));
  await server.close();
}
