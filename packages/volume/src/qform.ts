import { type Affine, determinant, spacing } from "./affine.ts";
import type { Vec3 } from "./box.ts";

/**
 * The qform of NIfTI (nifti1.h, method 2): a rotation as a unit quaternion, edge lengths, an origin, and the sign of the
 * third axis. It cannot hold shear. Lengths in the unit of the affine it belongs to.
 */
export interface Qform {
  /** `b`, `c`, `d`; `a = √(1 − b² − c² − d²)` is not stored. */
  readonly quaternion: Vec3;
  readonly offset: Vec3;
  readonly spacing: Vec3;
  /** −1: the third axis points against the one the rotation gives it (left-handed voxel axes). */
  readonly qfac: 1 | -1;
}

/** The matrix a qform stands for. A quaternion longer than 1 is brought back to 1, as nifti1_io does. */
export function qformToAffine({ quaternion, offset, spacing: lengths, qfac }: Qform): Affine {
  const squared = quaternion.reduce((sum, value) => sum + value * value, 0);
  const shrink = squared > 1 ? 1 / Math.sqrt(squared) : 1;
  const [b, c, d] = quaternion.map((value) => value * shrink);
  const a = Math.sqrt(Math.max(0, 1 - squared));
  const rotation = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
  const [si, sj, sk] = lengths;
  const rows = rotation.flatMap(([x, y, z], row) => [x * si, y * sj, z * sk * qfac, offset[row]]);
  return [...rows, 0, 0, 0, 1];
}

/** The qform that stands for `affine`, or undefined when shear makes that impossible (axes off square by over 1e-5). */
export function affineToQform(affine: Affine): Qform | undefined {
  const lengths = spacing(affine);
  const unit = (row: number, column: number) => affine[4 * row + column] / lengths[column];
  for (const [p, q] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ]) {
    const cosine = unit(0, p) * unit(0, q) + unit(1, p) * unit(1, q) + unit(2, p) * unit(2, q);
    if (!(Math.abs(cosine) < 1e-5)) return undefined;
  }
  const qfac = determinant(affine) < 0 ? -1 : 1;
  const r = (row: number, column: number) => unit(row, column) * (column === 2 ? qfac : 1);
  return {
    quaternion: rotationToQuaternion(r),
    offset: [affine[3], affine[7], affine[11]],
    spacing: lengths,
    qfac,
  };
}

/** Starts from the largest component, so that nothing is divided by a number near zero. */
function rotationToQuaternion(r: (row: number, column: number) => number): Vec3 {
  const trace = r(0, 0) + r(1, 1) + r(2, 2);
  const squares = [1 + trace, 1 + 2 * r(0, 0) - trace, 1 + 2 * r(1, 1) - trace, 1 + 2 * r(2, 2) - trace];
  const largest = squares.indexOf(Math.max(...squares));
  const w = Math.sqrt(squares[largest]) / 2;
  const skew = [r(2, 1) - r(1, 2), r(0, 2) - r(2, 0), r(1, 0) - r(0, 1)];
  if (largest === 0) return [skew[0] / (4 * w), skew[1] / (4 * w), skew[2] / (4 * w)];
  const main = largest - 1;
  // The stored form leaves `a` out, so it has to be the non-negative root.
  const sign = skew[main] < 0 ? -1 : 1;
  const vector = [0, 1, 2].map((axis) => (axis === main ? w : (r(axis, main) + r(main, axis)) / (4 * w)) * sign);
  return [vector[0], vector[1], vector[2]];
}
