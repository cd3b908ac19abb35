import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Kept between runs, outside git. */
const cache = fileURLToPath(new URL("../.cache/monai-client/", import.meta.url));
const script = fileURLToPath(new URL("./monai-client.py", import.meta.url));

export interface MonaiCall {
  readonly label: string;
  readonly foreground?: readonly (readonly number[])[];
  readonly background?: readonly (readonly number[])[];
}

/** What the client made of the server's answers. */
export interface MonaiOutcome {
  readonly auth: boolean;
  readonly valid?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
  readonly info: any;
  readonly training: boolean;
  readonly known: boolean;
  readonly removed: boolean;
  readonly results: readonly MonaiResult[];
}

export interface MonaiResult {
  /** File name that the server gave. */
  readonly name: string;
  readonly params: unknown;
  readonly sha256: string;
  /** Pairs of the answer's and the scan's size, origin, spacing and direction, as SimpleITK reads them. */
  readonly geometry: readonly (readonly [readonly number[], readonly number[]])[];
  readonly type: string;
  /** One byte per voxel, `i` fastest. */
  readonly mask: string;
}

export type MonaiClient = (
  url: string,
  scan: string,
  calls: readonly MonaiCall[],
  password?: string,
) => Promise<MonaiOutcome>;

/**
 * MONAI Label's own client, the one file of it, with what it needs, in a Python environment of its own; downloaded unless that
 * was done before. A text says why it cannot be had here.
 */
export function installMonaiClient(): MonaiClient | string {
  const python = join(cache, "environment", "bin", "python");
  if (!existsSync(join(cache, "done"))) {
    const problem = install(python);
    if (problem) return problem;
    writeFileSync(join(cache, "done"), "");
  }
  return async (url, scan, calls, password = "") => {
    const args = [script, cache, url, scan, password, JSON.stringify(calls)];
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
    const { stdout } = await promisify(execFile)(python, args, { env, maxBuffer: 2 ** 26 });
    return JSON.parse(stdout);
  };
}

function install(python: string): string | undefined {
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const version = run("python3", ["-c", "import cgi"]);
  if (version.status !== 0) return `its client needs Python 3 up to 3.12: ${version.problem}`;
  const steps: [string, readonly string[]][] = [
    ["python3", ["-m", "venv", join(cache, "environment")]],
    [python, ["-m", "pip", "install", "--quiet", "requests", "SimpleITK", "numpy"]],
    // The whole of it needs a great deal more.
    [python, ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", join(cache, "wheel"), "monailabel==0.8.5"]],
  ];
  for (const [command, args] of steps) {
    const { status, problem } = run(command, args);
    if (status !== 0) return `${args.join(" ")} failed: ${problem}`;
  }
  const [wheel] = readdirSync(join(cache, "wheel"));
  const take = `import sys, zipfile; open(sys.argv[2], "wb").write(zipfile.ZipFile(sys.argv[1]).read("monailabel/client/client.py"))`;
  const taken = run(python, ["-c", take, join(cache, "wheel", wheel), join(cache, "client.py")]);
  if (taken.status !== 0) return `there is no client in ${wheel}: ${taken.problem}`;
  rmSync(join(cache, "wheel"), { recursive: true });
  return undefined;
}

/** Where there is no network, pip is to say so soon. */
const env = { ...process.env, PIP_RETRIES: "1", PIP_DEFAULT_TIMEOUT: "15", PIP_DISABLE_PIP_VERSION_CHECK: "1" };

function run(command: string, args: readonly string[]) {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 300_000, env });
  return { status, problem: (stderr ?? "").trim().split("\n").at(-1) || "not found" };
}
