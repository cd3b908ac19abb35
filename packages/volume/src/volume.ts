import type { Affine } from "./affine.ts";
import type { Vec3 } from "./box.ts";

/** Typed arrays a volume's voxels are kept in. 64-bit integers are read into `Float64Array`. */
export type VoxelArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** Stored numbers to real values: `value = slope * stored + intercept` (NIfTI `scl_slope`, `scl_inter`). */
export interface Scaling {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * Voxel values with their place in the body.
 *
 * `data[i + ni * (j + nj * k)]`, `i` fastest, as NIfTI stores it; the buffer may be a `SharedArrayBuffer`.
 */
export interface Volume<T extends VoxelArray = VoxelArray> {
  /** As stored: apply `scaling` to get the file's values. */
  readonly data: T;
  /** Voxels along each axis: `[ni, nj, nk]`. */
  readonly size: Vec3;
  /** Voxel `[i, j, k]` to world, RAS, mm. Spacing and orientation are derived from it. */
  readonly affine: Affine;
  readonly scaling: Scaling;
}
