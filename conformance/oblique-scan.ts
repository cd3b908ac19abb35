import { gzipSync } from "node:zlib";
import { type Affine, type Vec3, writeNifti } from "@septum/volume";

/** Small, and neither cubic nor isotropic, so that no two axes can be taken for each other. */
export const obliqueSize: Vec3 = [44, 30, 36];

/**
 * A scan as awkward as they come: `i` runs towards the feet, `j` to the patient's left and `k` forwards, all turned by a few
 * degrees, with spacings of 1.2, 2.5 and 0.9 mm. A bright ball lies away from its middle. As `.nii.gz`.
 */
export function obliqueScan(): Buffer {
  const [ni, nj, nk] = obliqueSize;
  const data = new Int16Array(ni * nj * nk);
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++) {
        data[i + ni * (j + nj * k)] = inBall(i, j, k) ? 300 : 20 + ((i * 7 + j * 13 + k * 5) % 17);
      }
    }
  }
  const [c, s] = [Math.cos(0.1), Math.sin(0.1)];
  // Columns: where a step along i, j and k goes, in mm right, anterior, superior.
  const affine: Affine = [
    0.0,
    -2.5 * c,
    0.9 * s,
    12,
    1.2 * s,
    2.5 * s * c,
    0.9 * c * c,
    -40,
    -1.2 * c,
    2.5 * s * s,
    0.9 * s * c,
    95,
    0,
    0,
    0,
    1,
  ];
  const { header, data: voxels } = writeNifti({ data, size: obliqueSize, affine, scaling: { slope: 1, intercept: 0 } });
  return gzipSync(Buffer.concat([header, voxels]));
}

/** Voxels of the ball on a slice across `i`. */
export function ballVoxelsOn(i: number): number {
  const [, nj, nk] = obliqueSize;
  let count = 0;
  for (let k = 0; k < nk; k++) for (let j = 0; j < nj; j++) count += inBall(i, j, k) ? 1 : 0;
  return count;
}

function inBall(i: number, j: number, k: number): boolean {
  return Math.hypot(1.2 * (i - 26), 2.5 * (j - 12), 0.9 * (k - 20)) < 9;
}
