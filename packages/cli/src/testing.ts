import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Affine, type Vec3, type Volume, type VoxelArray, writeNifti } from "@septum/volume";
import type { Environment } from "./model-folder.ts";
import { run } from "./run.ts";

/** Oblique and anisotropic: 1 × 2 × 3 mm, turned about z. */
export const obliqueAffine: Affine = [0.8, -1.2, 0, -10, 0.6, 1.6, 0, 4.5, 0, 0, 3, 7, 0, 0, 0, 1];

/** A volume made voxel by voxel. */
export function volumeOf<T extends VoxelArray>(
  data: T,
  size: Vec3,
  at: (i: number, j: number, k: number) => number,
): Volume<T> {
  let n = 0;
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) for (let i = 0; i < size[0]; i++) data[n++] = at(i, j, k);
  }
  return { data, size, affine: obliqueAffine, scaling: { slope: 1, intercept: 0 } };
}

export async function saveVolume(path: string, volume: Volume): Promise<void> {
  const { header, data } = writeNifti(volume);
  await writeFile(path, Buffer.concat([header, data]));
}

/** A folder of its own for a test, with a cache inside it. */
export async function newWorkplace() {
  const folder = await mkdtemp(join(tmpdir(), "septum-cli-"));
  return {
    folder,
    file: (name: string) => join(folder, name),
    writeJson: (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs the command line in this process. */
export async function septum(args: readonly string[], env: Environment = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, { env, print: (line) => out.push(line), note: (line) => err.push(line) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
