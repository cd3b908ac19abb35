import { orientation, spacing, type Vec3, type Volume, voxelToWorld } from "@septum/volume";

type Grid = Pick<Volume, "size" | "affine">;

/** Programs store an affine in single precision or as a quaternion, so copies of it differ by a little. */
const toleranceVoxels = 0.05;

/** Whether every voxel of one grid lies on the voxel of the same index of the other. */
export function sameGrid(a: Grid, b: Grid): boolean {
  if (a.size.some((length, axis) => length !== b.size[axis])) return false;
  const tolerance = toleranceVoxels * Math.min(...spacing(a.affine));
  // Both maps are affine, so their distance is largest at a corner.
  return corners(a.size).every((corner) => {
    const [p, q] = [voxelToWorld(a.affine, corner), voxelToWorld(b.affine, corner)];
    return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) <= tolerance;
  });
}

/** Such as `55 × 52 × 35 voxels of 1 × 1 × 2 mm, RAS, voxel [0, 0, 0] at [-10, 4.5, 0] mm`. */
export function describeGrid({ size, affine }: Grid): string {
  const millimetres = spacing(affine).map(short).join(" × ");
  const origin = voxelToWorld(affine, [0, 0, 0]).map(short).join(", ");
  return `${size.join(" × ")} voxels of ${millimetres} mm, ${orientation(affine)}, voxel [0, 0, 0] at [${origin}] mm`;
}

function corners([ni, nj, nk]: Vec3): Vec3[] {
  const ends = (length: number) => [0, length - 1];
  return ends(ni).flatMap((i) => ends(nj).flatMap((j) => ends(nk).map((k): Vec3 => [i, j, k])));
}

function short(value: number): string {
  return String(Number(value.toFixed(3)));
}
