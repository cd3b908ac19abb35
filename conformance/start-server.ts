import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../packages/cli/dist/main.js", import.meta.url));

export interface RunningServer {
  readonly url: string;
  /** What it printed so far. */
  readonly output: string;
  readonly pid: number;
  /** Ends it with SIGTERM and removes its data, unless the folder was given; resolves to the exit status. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would: SIGKILL, nothing is closed. The data stays. */
  kill(): Promise<void>;
}

/**
 * Starts `septum serve` as a person would, in a process of its own on a free port. Without `data` it gets an empty folder
 * that goes with it.
 */
export async function startServer(flags: readonly string[] = [], data?: string): Promise<RunningServer> {
  const folder = data ?? mkdtempSync(join(tmpdir(), "septum-conformance-"));
  const server = await startProcess(serverCommand(flags, folder));
  return {
    ...server,
    get output() {
      return server.output;
    },
    async stop() {
      const status = await server.stop();
      if (data === undefined) rmSync(folder, { recursive: true, force: true });
      return status;
    },
  };
}

/** Starts a Node program that prints the address it listens on. */
export async function startProcess(args: readonly string[]): Promise<RunningServer> {
  const child = launch(args);
  let output = "";
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const found = /http:\/\/[\w.:[\]-]+/.exec(output);
      if (found) resolve(found[0]);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    void ended.then((status) => reject(new Error(`The server ended with status ${status}:\n${output}`)));
  });
  return {
    url,
    pid: child.pid as number,
    get output() {
      return output;
    },
    async stop() {
      child.kill("SIGTERM");
      return ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Starts the same program, and kills it after some milliseconds, wherever it is by then. */
export async function killWhileStarting(args: readonly string[], afterMs: number): Promise<void> {
  const child = launch(args);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  setTimeout(() => child.kill("SIGKILL"), afterMs);
  await ended;
}

/** What `startServer` starts, for those who start it themselves. */
export function serverCommand(flags: readonly string[], data: string): readonly string[] {
  return [main, "serve", "--port", "0", "--data", data, ...flags];
}

function launch(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
}
