import { CommanderError } from "commander";
import { UsageError } from "./errors.ts";
import { createProgram, type Io } from "./program.ts";

/**
 * Runs `septum` with the given arguments and resolves to its exit code: 0, 1 when the work could not be done, 2 when it was
 * asked for in the wrong way. Errors are one line on `io.note`; nothing is thrown.
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    const program = await createProgram(args, io);
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.note(`septum: ${oneLine(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replace(/\s*\n\s*/g, " ");
}
