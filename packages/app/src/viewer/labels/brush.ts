import type { Vec3 } from "@septum/volume";

export interface Brush {
  /** A disc lies in the slice along `axis`; a sphere reaches into its neighbours. */
  readonly shape: "disc" | "sphere";
  readonly axis: 0 | 1 | 2;
  readonly radiusMm: number;
}

/** Rounding must not cost a voxel that lies exactly on the edge. */
const slack = 1e-9;

/**
 * Visits the voxels whose centre lies within the brush's radius (mm) of the line from `a` to `b` (voxel coordinates), as
 * the server paints them.
 */
export function brushVoxels(
  size: Vec3,
  spacing: Vec3,
  { shape, axis, radiusMm }: Brush,
  a: Vec3,
  b: Vec3,
  visit: (i: number, j: number, k: number) => void,
): void {
  const range = (d: 0 | 1 | 2) => {
    if (shape === "disc" && d === axis) {
      const slice = Math.round(a[d]);
      return [Math.max(0, slice), Math.min(size[d] - 1, slice)];
    }
    const reach = radiusMm / spacing[d] + slack;
    const lo = Math.ceil(Math.min(a[d], b[d]) - reach);
    const hi = Math.floor(Math.max(a[d], b[d]) + reach);
    return [Math.max(0, lo), Math.min(size[d] - 1, hi)];
  };
  const [[i0, i1], [j0, j1], [k0, k1]] = [range(0), range(1), range(2)];
  const [si, sj, sk] = spacing;
  const [di, dj, dk] = [(b[0] - a[0]) * si, (b[1] - a[1]) * sj, (b[2] - a[2]) * sk];
  const squared = di * di + dj * dj + dk * dk;
  const reach = radiusMm * radiusMm + slack;
  for (let k = k0; k <= k1; k++) {
    const z = (k - a[2]) * sk;
    for (let j = j0; j <= j1; j++) {
      const y = (j - a[1]) * sj;
      for (let i = i0; i <= i1; i++) {
        const x = (i - a[0]) * si;
        const t = squared === 0 ? 0 : Math.min(1, Math.max(0, (x * di + y * dj + z * dk) / squared));
        const [u, v, w] = [x - t * di, y - t * dj, z - t * dk];
        if (u * u + v * v + w * w <= reach) visit(i, j, k);
      }
    }
  }
}
