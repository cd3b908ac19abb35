import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../packages/cli/dist/main.js", import.meta.url));

export interface RunningServer {
  readonly url: string;
  /** What it printed so far. */
  readonly output: string;
  /** Ends it with SIGTERM and removes its data; resolves to the exit status. */
  stop(): Promise<number | null>;
}

/** Starts `septum serve` as a person would, in a process of its own on a free port, with an empty data folder. */
export async function startServer(flags: readonly string[] = []): Promise<RunningServer> {
  const data = mkdtempSync(join(tmpdir(), "septum-conformance-"));
  const child = spawn(process.execPath, [main, "serve", "--port", "0", "--data", data, ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const found = /http:\/\/[\w.:[\]-]+/.exec(output);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void ended.then((status) => reject(new Error(`The server ended with status ${status}:\n${output}`)));
  });
  return {
    url,
    get output() {
      return output;
    },
    async stop() {
      child.kill("SIGTERM");
      const status = await ended;
      rmSync(data, { recursive: true, force: true });
      return status;
    },
  };
}
