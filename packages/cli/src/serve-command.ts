import { SettingsError, serve, settingsTable } from "@septum/server";
import type { Command } from "commander";
import { UsageError } from "./errors.ts";
import type { Environment } from "./model-folder.ts";

/** Gives `septum serve` a flag for every setting of the server, and its action. */
export function fillServe(command: Command, env: Environment): void {
  for (const { flag, value, help, env: variable, standard } of settingsTable) {
    const said = value === "" ? flag : `${flag} <${value.toLowerCase()}>`;
    command.option(said, `${help} (${variable}; default: ${standard})`);
  }
  command.action(async (flags: Record<string, string | true>) => {
    try {
      const texts = Object.entries(flags).map(([key, given]) => [key, given === true ? "yes" : given]);
      await serve(Object.fromEntries(texts), env);
    } catch (error) {
      throw error instanceof SettingsError ? new UsageError(error.message, { cause: error }) : error;
    }
  });
}
