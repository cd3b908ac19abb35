import { type Affine, type Box, type Range, roundHalfEven, type Vec3 } from "@septum/volume";

/**
 * Foreign clients speak of the axes of the array that they uploaded, C order: `A[a0, a1, a2]`, `a2` fastest in memory
 * (specs/client-protocols.md §0). That memory is ours with the axes named backwards, so that no voxel is ever moved:
 * `[i, j, k] = [a2, a1, a0]`. All crossings between the two are in this file.
 */

/** An index or a size, from either space into the other. */
export function reversed<T>([a, b, c]: readonly [T, T, T]): [T, T, T] {
  return [c, b, a];
}

/** A box, from either space into the other. */
export function reversedBox(box: Box): Box {
  return reversed<Range>(box);
}

/** Voxel to world for an array of which only its spacing is known: axes as most scanners store them, left, posterior, up. */
export function arrayAffine(spacing: Vec3): Affine {
  const [x, y, z] = reversed(spacing);
  return [-x, 0, 0, 0, 0, -y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1];
}

/**
 * The whole voxels that a box with fractions means: rounded half to even, clipped, and at least one voxel along each axis
 * (§1.7). The order of axes does not matter.
 */
export function wholeVoxels(box: Box, size: Vec3): Box {
  const clip = (axis: 0 | 1 | 2): Range => {
    const [from, to] = box[axis];
    const low = Math.max(0, roundHalfEven(from));
    const high = Math.min(size[axis], roundHalfEven(to));
    if (high > low) return [low, high];
    return high <= 0 ? [0, 1] : [high - 1, high];
  };
  return [clip(0), clip(1), clip(2)];
}
