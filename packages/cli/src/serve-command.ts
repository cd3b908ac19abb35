import { SettingsError, serve, settingsTable } from "@septum/server/serve";
import type { Command } from "commander";
import { UsageError } from "./errors.ts";
import type { Environment } from "./model-folder.ts";
import type { Io } from "./program.ts";

/** Gives `septum serve` a flag for every setting of the server, and its action. */
export function fillServe(command: Command, env: Environment): void {
  addFlags(command);
  command.action(async (flags: Flags) => {
    try {
      await serve(textsOf(flags), env);
    } catch (error) {
      throw error instanceof SettingsError ? new UsageError(error.message, { cause: error }) : error;
    }
  });
}

/** Gives `septum doctor` the same flags, and its action. */
export function fillDoctor(command: Command, { env, print }: Io): void {
  addFlags(command);
  command.option("--json", "print the findings as JSON");
  command.action(async ({ json, ...flags }: Flags) => {
    const { doctor } = await import("./doctor-command.ts");
    await doctor({ flags: textsOf(flags), json: json === true }, env, print);
  });
}

type Flags = Readonly<Record<string, string | true>>;

function addFlags(command: Command): void {
  for (const { flag, value, help, env: variable, standard } of settingsTable) {
    const said = value === "" ? flag : `${flag} <${value.toLowerCase()}>`;
    command.option(said, `${help} (${variable}; default: ${standard})`);
  }
}

/** A flag that stands alone means yes. */
function textsOf(flags: Flags): Record<string, string> {
  return Object.fromEntries(Object.entries(flags).map(([key, given]) => [key, given === true ? "yes" : given]));
}
