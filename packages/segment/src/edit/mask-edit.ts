import type { Vec3 } from "@septum/volume";

/** 0 = fixed i, 1 = fixed j, 2 = fixed k. */
export type EditAxis = 0 | 1 | 2;

/**
 * A change of an object by hand. Coordinates are voxels `[i, j, k]`, whose centres lie at whole numbers; lengths are mm, measured
 * along the volume's own axes.
 */
export type MaskEdit =
  /** A stroke: voxels whose centre lies within the radius of the path. A disc reaches no other slice along `axis` than its own. */
  | {
      readonly kind: "paint";
      readonly add: boolean;
      readonly shape: "disc" | "sphere";
      readonly axis: EditAxis;
      readonly radiusMm: number;
      readonly path: readonly Vec3[];
      /** Only voxels of the image from the first to the second value, after scaling. */
      readonly threshold?: readonly [number, number];
    }
  /**
   * Voxels whose centre lies inside a closed line (even-odd) on a slice, or through the whole volume. `[x, y]`: y counts along
   * the first of the two axes that remain, x along the second.
   */
  | {
      readonly kind: "cut";
      readonly add: boolean;
      readonly axis: EditAxis;
      readonly slice: number;
      readonly points: readonly (readonly [number, number])[];
      readonly through: boolean;
    }
  /** Cavities that have no way out through faces of voxels; with an axis, on each slice along it alone. */
  | { readonly kind: "fillHoles"; readonly axis?: EditAxis }
  /** Islands are parts that no face of a voxel joins. */
  | { readonly kind: "keepLargest" }
  | { readonly kind: "keepIsland"; readonly voxel: Vec3 }
  | { readonly kind: "removeIsland"; readonly voxel: Vec3 }
  /** Islands smaller than this. */
  | { readonly kind: "removeSmall"; readonly millilitres: number }
  | { readonly kind: "smooth"; readonly method: "median" | "opening" | "closing"; readonly radiusMm: number }
  | { readonly kind: "grow"; readonly mm: number }
  | { readonly kind: "shrink"; readonly mm: number }
  /** Empty slices between two that have voxels of the object. */
  | { readonly kind: "fillBetween"; readonly axis: EditAxis };
