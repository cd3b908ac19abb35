import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Kept between runs, outside git. */
const cache = fileURLToPath(new URL("../../.cache/nninteractive-clients/", import.meta.url));
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

/** Before 2.5 the client was a part of the server's package, which is taken without what that needs. */
const packages = {
  "2.1": "nninteractive==2.1.*",
  "2.5": "nninteractive-client==2.5.*",
  newest: "nninteractive-client",
} as const;

export type ClientVersion = keyof typeof packages;

/** Installs the client from PyPI unless that was done before. A text says why it cannot be had here. */
export function installClient(wanted: ClientVersion): PythonClient | string {
  const python = ensureEnvironment();
  if (typeof python !== "string") return python.reason;
  const folder = join(cache, wanted);
  if (!existsSync(join(folder, "done"))) {
    rmSync(folder, { recursive: true, force: true });
    const installed = run(python, [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--no-deps",
      "--target",
      folder,
      packages[wanted],
    ]);
    if (installed.status !== 0) return `pip cannot install ${packages[wanted]}: ${lastLine(installed.stderr)}`;
    // Version 2.1 asks for the whole of torch to tell its tensors from arrays.
    if (wanted === "2.1") writeFileSync(join(folder, "torch.py"), "class Tensor:\n    pass\n");
    writeFileSync(join(folder, "done"), "");
  }
  const code = `import sys, importlib.metadata as m; sys.path.insert(0, sys.argv[1]); print([d.version for d in m.distributions(path=[sys.argv[1]]) if "interactive" in d.name.lower()][0])`;
  const version = run(python, ["-c", code, folder]).stdout.trim();
  return { version, run: (url, cases, options = {}) => runCases(python, folder, url, cases, options) };
}

/** Path of a Python that has what every version of the client needs. */
function ensureEnvironment(): string | { readonly reason: string } {
  const environment = join(cache, "environment");
  const python = join(environment, "bin", "python");
  if (existsSync(join(environment, "done"))) return python;
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const made = run("python3", ["-m", "venv", environment]);
  if (made.status !== 0) return { reason: `there is no Python 3 with venv: ${lastLine(made.stderr) || "not found"}` };
  const installed = run(python, ["-m", "pip", "install", "--quiet", "numpy", "httpx>=0.27", "blosc2"]);
  if (installed.status !== 0)
    return { reason: `pip cannot install numpy, httpx and blosc2: ${lastLine(installed.stderr)}` };
  writeFileSync(join(environment, "done"), "");
  return python;
}

function run(command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 300_000 });
  return { status, stdout: stdout ?? "", stderr: stderr ?? "" };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function runCases(
  python: string,
  folder: string,
  url: string,
  cases: readonly string[],
  { key, together, whenReady }: RunOptions,
): Promise<readonly Outcome[]> {
  const args = [script, url, ...(key ? ["--key", key] : []), ...(together ? ["--together"] : []), ...cases];
  const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1", NN_INTERACTIVE_API_KEY: "" };
  const child = spawn(python, args, { env, stdio: ["pipe", "pipe", "pipe"] });
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
