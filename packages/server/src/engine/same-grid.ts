import { type Affine, spacing, type Vec3, voxelToWorld } from "@septum/volume";

interface Grid {
  readonly size: Vec3;
  readonly affine: Affine;
}

/** Files keep numbers to seven digits, and a qform turns them once more; what is off by more lies elsewhere. Millimetres. */
const leastTolerance = 0.01;

/**
 * Whether two grids have their voxels in the same places: as many along each axis, and no corner of the volume further off
 * than a hundredth of a millimetre or of the smallest voxel edge, whichever is more.
 */
export function sameGrid(a: Grid, b: Grid): boolean {
  if (!a.size.every((length, axis) => length === b.size[axis])) return false;
  const tolerance = Math.max(leastTolerance, 0.01 * Math.min(...spacing(a.affine), ...spacing(b.affine)));
  return cornersOf(a.size).every((corner) => {
    const [x, y, z] = voxelToWorld(a.affine, corner);
    const [u, v, w] = voxelToWorld(b.affine, corner);
    return Math.hypot(x - u, y - v, z - w) <= tolerance;
  });
}

/** Voxels at the corners of a volume. */
function cornersOf([ni, nj, nk]: Vec3): Vec3[] {
  const ends = (length: number) => [0, length - 1];
  return ends(ni).flatMap((i) => ends(nj).flatMap((j) => ends(nk).map((k): Vec3 => [i, j, k])));
}
