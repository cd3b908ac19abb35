import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Prompt } from "@septum/segment";
import {
  type Affine,
  type NiftiParts,
  readNifti,
  type Vec3,
  type VoxelArray,
  wholeBox,
  writeNifti,
} from "@septum/volume";
import { createEngine, type EngineOptions } from "./create-engine.ts";
import type { Engine, OpenImage, SegmentObject } from "./engine.ts";

/** What the engine's tests share: a real engine with the built-in model, and small images made on the spot. */
export interface TestBench {
  readonly engine: Engine;
  readonly options: EngineOptions;
  readonly folder: string;
  /** Writes a `.nii.gz` and gives its path. */
  save(file: NiftiParts, level?: number): Promise<string>;
  /** An image of a bright ball on noise. */
  openBall(size: Vec3): Promise<OpenImage>;
  close(): Promise<void>;
}

export const maxBytes = 2 ** 31;

/** Oblique, anisotropic, left-handed. */
export const affine: Affine = [-0.9, 0.1, 0, 40, 0.1, 0.8, 0.3, -20, 0, -0.2, 1.5, 7, 0, 0, 0, 1];

export const scaling = { slope: 2, intercept: -10 };

export async function createBench(): Promise<TestBench> {
  const folder = await mkdtemp(join(tmpdir(), "septum-engine-"));
  const model = fileURLToPath(new URL("../../../../models/light-v2", import.meta.url));
  const options: EngineOptions = { model: { folder: model, cacheDir: folder, device: "cpu", threads: 2 } };
  const engine = await createEngine(options);
  let files = 0;
  async function save({ header, data }: NiftiParts, level = 6) {
    const path = join(folder, `${++files}.nii.gz`);
    await writeFile(path, gzipSync(Buffer.concat([header, data]), { level }));
    return path;
  }
  return {
    engine,
    options,
    folder,
    save,
    openBall: async (size) => engine.openImage(await save(fileOf(ballVoxels(size), size)), { maxBytes }),
    async close() {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function fileOf(data: VoxelArray, size: Vec3): NiftiParts {
  return writeNifti({ data, size, affine, scaling });
}

export function readFile(bytes: Uint8Array) {
  async function* chunks() {
    yield bytes;
  }
  return readNifti(chunks());
}

/** A bright ball in the middle, on noise from a fixed seed. */
export function ballVoxels([ni, nj, nk]: Vec3): Int16Array {
  const data = new Int16Array(ni * nj * nk);
  const radius = Math.min(ni, nj, nk) / 4;
  let seed = 1;
  for (let n = 0; n < data.length; n++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const away = Math.hypot((n % ni) - ni / 2, (Math.floor(n / ni) % nj) - nj / 2, Math.floor(n / (ni * nj)) - nk / 2);
    data[n] = (away < radius ? 180 : 60) + (seed >>> 27);
  }
  return data;
}

/** Quickly made, whatever the size. */
export function patternVoxels([ni, nj, nk]: Vec3): Int16Array {
  const data = new Int16Array(ni * nj * nk);
  for (let n = 0; n < data.length; n++) data[n] = Math.imul(n, 2654435761) >>> 23;
  return data;
}

export function point(voxel: Vec3): Prompt {
  return { kind: "point", voxel, positive: true };
}

export function wholeMask(image: OpenImage, object: SegmentObject): Promise<Uint8Array> {
  return object.maskBits(wholeBox(image.info.size));
}
