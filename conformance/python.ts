import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Filled by `scripts/python.mjs`, which says what each part is. */
const cache = fileURLToPath(new URL("../.cache/python/", import.meta.url));

export type PythonPart = `nninteractive-${"2.1" | "2.5" | "newest"}` | "monailabel";

/** A Python that has what the tests' scripts import. */
export interface Python {
  readonly command: string;
  /** Of the part that was asked for. */
  readonly folder: string;
  /** Of its process: the part's packages are found. */
  readonly env: NodeJS.ProcessEnv;
  /** What a script beside this file prints. */
  run(script: string, args: readonly string[]): Promise<string>;
}

/** The Python that `npm test` installed, with one of the parts; a text says why it cannot be had here. */
export function findPython(part?: PythonPart): Python | string {
  for (const name of part ? ["environment", part] : ["environment"]) {
    if (existsSync(join(cache, name, "done"))) continue;
    const problem = join(cache, name, "problem");
    return existsSync(problem) ? readFileSync(problem, "utf8") : "node scripts/python.mjs was not run";
  }
  const command = join(cache, "environment", "bin", "python");
  const folder = join(cache, part ?? "environment");
  const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" };
  return {
    command,
    folder,
    env,
    async run(script, args) {
      const path = fileURLToPath(new URL(script, import.meta.url));
      return (await promisify(execFile)(command, [path, ...args], { env, maxBuffer: 2 ** 26 })).stdout;
    },
  };
}
