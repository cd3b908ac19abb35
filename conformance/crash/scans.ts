import { gzipSync } from "node:zlib";
import { type Affine, type Vec3, writeNifti } from "@septum/volume";
import { seededRandom } from "./random.ts";

/** Oblique and anisotropic. */
const affine: Affine = [-0.9, 0.1, 0, 40, 0.1, 0.8, 0.3, -20, 0, -0.2, 1.5, 7, 0, 0, 0, 1];

/** Shapes as `[ni, nj, nk]`; the largest coordinate that lies inside all of them bounds what scripts ask for. */
const sizes: readonly Vec3[] = [
  [12, 10, 8],
  [17, 9, 11],
  [10, 14, 9],
];

/** Files small enough to be read in a millisecond, packed and not; a few bright balls in noise. */
export const scans: readonly Buffer[] = sizes.map((size, seed) => {
  const [ni, nj, nk] = size;
  const random = seededRandom(seed);
  const data = Int16Array.from({ length: ni * nj * nk }, (_, n) => {
    const away = Math.hypot((n % ni) - ni / 2, (Math.floor(n / ni) % nj) - nj / 2, Math.floor(n / (ni * nj)) - nk / 2);
    return (away < 3.5 ? 800 : 0) + random.below(100);
  });
  const { header, data: voxels } = writeNifti({ data, size, affine, scaling: { slope: 1, intercept: -100 } });
  const file = Buffer.concat([header, voxels]);
  return seed === 1 ? file : gzipSync(file);
});

/** Coordinates up to here are inside every scan along every axis; a script now and then asks for more. */
export const commonExtent = 8;
