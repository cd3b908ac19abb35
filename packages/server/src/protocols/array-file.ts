import { type Affine, type NiftiDtype, type Vec3, writeNiftiHeader } from "@septum/volume";
import { arrayAffine, reversed } from "./array-space.ts";

/** What is known of a foreign image besides its voxels. */
export interface ArrayImage {
  /** `[a0, a1, a2]`, `a2` fastest. */
  readonly shape: Vec3;
  readonly dtype: NiftiDtype;
  /** mm along `a0`, `a1`, `a2`; what is no positive number counts as 1. */
  readonly spacing?: readonly number[];
  /** Voxel `[a2, a1, a0]` to world, RAS, mm, from clients that know it. */
  readonly affine?: Affine;
}

/**
 * The head of a NIfTI file that the array's bytes follow as they are (little-endian): so an image of any client is a file
 * like every other, and its session one like every other.
 *
 * @throws {VolumeError} `bad-volume`, `bad-affine`
 */
export function niftiHeaderOf({ shape, dtype, spacing = [1, 1, 1], affine }: ArrayImage): Uint8Array<ArrayBuffer> {
  const millimetres = (axis: number) => (spacing[axis] > 0 && Number.isFinite(spacing[axis]) ? spacing[axis] : 1);
  return writeNiftiHeader({
    size: reversed(shape),
    dtype,
    affine: affine ?? arrayAffine([millimetres(0), millimetres(1), millimetres(2)]),
    scaling: { slope: 1, intercept: 0 },
  });
}
