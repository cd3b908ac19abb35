import { orientation, type Scaling, spacing, type Vec3, VolumeError, type VoxelArray } from "@septum/volume";
import { type DisplayGrid, gridOf } from "./grid.ts";
import type { ScanAnswer } from "./scan-worker.ts";

/** A scan as the page holds it: the file's voxels where they are in the file, `i` fastest. */
export interface Scan {
  readonly data: VoxelArray;
  readonly grid: DisplayGrid;
  /** mm along i, j, k. */
  readonly spacing: Vec3;
  readonly scaling: Scaling;
}

/** Reads `.nii` or `.nii.gz`; `bytes` are empty afterwards. Throws `VolumeError`. */
export async function readScan(bytes: ArrayBuffer): Promise<Scan> {
  const worker = new Worker(new URL("./scan-worker.ts", import.meta.url), { type: "module" });
  try {
    const answer = await new Promise<ScanAnswer>((resolve, reject) => {
      worker.addEventListener("message", ({ data }: MessageEvent<ScanAnswer>) => resolve(data));
      worker.addEventListener("error", ({ message }) => reject(new Error(message || "The scan could not be read.")));
      worker.postMessage(bytes, [bytes]);
    });
    if (!("volume" in answer))
      throw answer.code ? new VolumeError(answer.code, answer.message) : new Error(answer.message);
    const { data, size, affine, scaling } = answer.volume;
    return { data, grid: gridOf(size, orientation(affine)), spacing: spacing(affine), scaling };
  } finally {
    worker.terminate();
  }
}

/** Value of the scan at a voxel, after the file's scaling. */
export function valueAt({ data, grid, scaling }: Scan, [i, j, k]: Vec3): number {
  const [ni, nj] = grid.size;
  return data[i + ni * (j + nj * k)] * scaling.slope + scaling.intercept;
}
