import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findPython, type Python } from "../python.ts";

const script = fileURLToPath(new URL("./client.py", import.meta.url));

/** What one case came to. */
export interface Outcome {
  readonly case: string;
  readonly ok: boolean;
  readonly note: string | null;
  readonly seconds: number;
}

/** The real client in a Python environment of its own. */
export interface PythonClient {
  /** As it was installed, such as `2.6.0`. */
  readonly version: string;
  run(url: string, cases: readonly string[], options?: RunOptions): Promise<readonly Outcome[]>;
}

export interface RunOptions {
  readonly key?: string;
  /** All at once. */
  readonly together?: boolean;
  /** Called when the client says that it is ready; it goes on when this is done. */
  readonly whenReady?: () => Promise<void>;
}

export type ClientVersion = "2.1" | "2.5" | "newest";

/** The client as it is on PyPI. A text says why it cannot be had here. */
export function findClient(wanted: ClientVersion): PythonClient | string {
  const python = findPython(`nninteractive-${wanted}`);
  if (typeof python === "string") return python;
  const code = `import sys, importlib.metadata as m; print([d.version for d in m.distributions(path=[sys.argv[1]]) if "interactive" in d.name.lower()][0])`;
  const { stdout } = spawnSync(python.command, ["-c", code, python.folder], { encoding: "utf8" });
  return { version: stdout.trim(), run: (url, cases, options = {}) => runCases(python, url, cases, options) };
}

function runCases(
  python: Python,
  url: string,
  cases: readonly string[],
  { key, together, whenReady }: RunOptions,
): Promise<readonly Outcome[]> {
  const args = [script, url, ...(key ? ["--key", key] : []), ...(together ? ["--together"] : []), ...cases];
  const env = { ...python.env, NN_INTERACTIVE_API_KEY: "" };
  const child = spawn(python.command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  const outcomes: Outcome[] = [];
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line === "ready") void whenReady?.().then(() => child.stdin.write("\n"), reject);
      else if (line.startsWith("{")) outcomes.push(JSON.parse(line));
    });
    child.once("error", reject);
    child.once("close", () => {
      if (outcomes.length === cases.length) resolve(outcomes);
      else reject(new Error(`The client ended after ${outcomes.length} of ${cases.length} cases:\n${errors}`));
    });
  });
}
