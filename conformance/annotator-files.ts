import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Kept between runs, outside git. */
const cache = fileURLToPath(new URL("../.cache/annotator-files/", import.meta.url));
const script = fileURLToPath(new URL("./annotator-files.py", import.meta.url));

/** What nibabel, SimpleITK and pynrrd found in the downloaded files. Objects are known by their value. */
export interface ForeignReading {
  readonly voxels: Readonly<Record<string, number>>;
  readonly label_map: {
    readonly type: string;
    readonly affine_error: number;
    readonly codes: readonly number[];
    /** Voxels that are not as in the label map it is compared with. */
    readonly differing: number;
    /** Per value: voxels that have it where the object is not. */
    readonly stray: Readonly<Record<string, number>>;
    /** Voxels with a value where no object is, or none where one is. */
    readonly uncovered: number;
    /** Per value: voxels that have it. */
    readonly alone: Readonly<Record<string, number>>;
    readonly itk_differing: number;
    readonly itk_geometry: boolean;
  };
  /** Per file of the archive; `value` is of the object whose mask it equals in every voxel, 0 when it equals none. */
  readonly segments: Readonly<
    Record<string, { readonly value: number; readonly values: readonly number[]; readonly affine_error: number }>
  >;
  readonly slicer: {
    readonly affine_error: number;
    readonly segments: readonly { readonly name: string; readonly value: number; readonly differing: number }[];
  };
  readonly table: readonly Readonly<Record<string, string>>[];
}

/**
 * Python's readers of medical images in an environment of their own, downloaded unless that was done before. The function
 * reads a folder as `annotator-files.py` says; a text says why the readers cannot be had here.
 */
export function installReaders(): ((folder: string) => Promise<ForeignReading>) | string {
  const python = join(cache, "environment", "bin", "python");
  if (!existsSync(join(cache, "done"))) {
    const problem = install(python);
    if (problem) return problem;
    writeFileSync(join(cache, "done"), "");
  }
  return async (folder) => {
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
    const { stdout } = await promisify(execFile)(python, [script, folder], { env, maxBuffer: 2 ** 24 });
    return JSON.parse(stdout);
  };
}

function install(python: string): string | undefined {
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const steps: [string, readonly string[]][] = [
    ["python3", ["-m", "venv", join(cache, "environment")]],
    [python, ["-m", "pip", "install", "--quiet", "numpy", "nibabel", "SimpleITK", "pynrrd"]],
  ];
  for (const [command, args] of steps) {
    const { status, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 300_000, env });
    if (status !== 0) return `${args.join(" ")} failed: ${(stderr ?? "").trim().split("\n").at(-1) || "not found"}`;
  }
  return undefined;
}

/** Where there is no network, pip is to say so soon. */
const env = { ...process.env, PIP_RETRIES: "1", PIP_DEFAULT_TIMEOUT: "15", PIP_DISABLE_PIP_VERSION_CHECK: "1" };
