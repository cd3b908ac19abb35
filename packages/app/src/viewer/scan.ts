import { type Gunzip, orientation, readNifti, type Scaling, spacing, type Vec3, type VoxelArray } from "@septum/volume";
import { type DisplayGrid, gridOf } from "./grid.ts";

/** A scan as the page holds it: the file's voxels where they are in the file, `i` fastest. */
export interface Scan {
  readonly data: VoxelArray;
  readonly grid: DisplayGrid;
  /** mm along i, j, k. */
  readonly spacing: Vec3;
  readonly scaling: Scaling;
}

/** Reads `.nii` or `.nii.gz`. Throws `VolumeError`. */
export async function readScan(bytes: ArrayBuffer, gunzip?: Gunzip): Promise<Scan> {
  async function* chunks() {
    yield new Uint8Array(bytes);
  }
  const { volume } = await readNifti(chunks(), { gunzip });
  const { data, size, affine, scaling } = volume;
  return { data, grid: gridOf(size, orientation(affine)), spacing: spacing(affine), scaling };
}

/** Value of the scan at a voxel, after the file's scaling. */
export function valueAt({ data, grid, scaling }: Scan, [i, j, k]: Vec3): number {
  const [ni, nj] = grid.size;
  return data[i + ni * (j + nj * k)] * scaling.slope + scaling.intercept;
}
