import type { Box, Vec3 } from "@septum/volume";

/**
 * How the displayed volume is laid out next to the file's voxels.
 *
 * A volume is shown turned by whole axes until they point right, anterior and superior ("display" order, `[x, y, z]`),
 * without resampling. A display axis therefore is one of the file's axes, possibly counted from its far end.
 */
export interface DisplayGrid {
  /** The file's size, `[ni, nj, nk]`. */
  readonly size: Vec3;
  /** Which of the file's axes (0 = i, 1 = j, 2 = k) runs along x, y and z. */
  readonly axis: Vec3;
  readonly flip: readonly [boolean, boolean, boolean];
}

/** From a signed permutation: for x, y and z the file axis, counted from 1 and negative when flipped. */
export function displayGrid(size: Vec3, permutation: readonly number[]): DisplayGrid {
  const [x, y, z] = permutation;
  return {
    size,
    axis: [Math.abs(x) - 1, Math.abs(y) - 1, Math.abs(z) - 1],
    flip: [x < 0, y < 0, z < 0],
  };
}

/** From the body directions in which i, j and k grow, such as `LPS`. */
export function gridOf(size: Vec3, orientation: string): DisplayGrid {
  const directions = ["RL", "AP", "SI"].map((pair) => {
    const axis = [...orientation].findIndex((letter) => pair.includes(letter));
    return { axis, flip: orientation[axis] === pair[1] };
  });
  const [x, y, z] = directions;
  return { size, axis: [x.axis, y.axis, z.axis], flip: [x.flip, y.flip, z.flip] };
}

/** How far apart in the file's memory two neighbours along x, y and z are, and where display voxel [0, 0, 0] is. */
export function displaySteps({ size, axis, flip }: DisplayGrid): { readonly start: number; readonly step: Vec3 } {
  const stride = [1, size[0], size[0] * size[1]];
  let start = 0;
  const along = (d: 0 | 1 | 2) => {
    if (flip[d]) start += stride[axis[d]] * (size[axis[d]] - 1);
    return flip[d] ? -stride[axis[d]] : stride[axis[d]];
  };
  return { step: [along(0), along(1), along(2)], start };
}

/** Size along right, anterior, superior. */
export function displaySize({ size, axis }: DisplayGrid): Vec3 {
  return [size[axis[0]], size[axis[1]], size[axis[2]]];
}

/** Display voxel `[x, y, z]` → the file's `[i, j, k]`. */
export function displayToVoxel({ size, axis, flip }: DisplayGrid, display: Vec3): Vec3 {
  const voxel: [number, number, number] = [0, 0, 0];
  for (const d of [0, 1, 2] as const) voxel[axis[d]] = flip[d] ? size[axis[d]] - 1 - display[d] : display[d];
  return voxel;
}

/** The file's `[i, j, k]` → display voxel `[x, y, z]`. */
export function voxelToDisplay({ size, axis, flip }: DisplayGrid, voxel: Vec3): Vec3 {
  const along = (d: 0 | 1 | 2) => (flip[d] ? size[axis[d]] - 1 - voxel[axis[d]] : voxel[axis[d]]);
  return [along(0), along(1), along(2)];
}

/** Half-open box of file voxels → the display box that covers the same voxels. */
export function boxToDisplay(grid: DisplayGrid, [ri, rj, rk]: Box): Box {
  const a = voxelToDisplay(grid, [ri[0], rj[0], rk[0]]);
  const b = voxelToDisplay(grid, [ri[1] - 1, rj[1] - 1, rk[1] - 1]);
  const range = (d: 0 | 1 | 2) => [Math.min(a[d], b[d]), Math.max(a[d], b[d]) + 1] as const;
  return [range(0), range(1), range(2)];
}

/** Place in the displayed volume, 0 = first face and 1 = last face of each axis → the display voxel there. */
export function fractionToDisplay(grid: DisplayGrid, fraction: Vec3): Vec3 {
  const n = displaySize(grid);
  const along = (d: 0 | 1 | 2) => Math.min(n[d] - 1, Math.max(0, Math.floor(fraction[d] * n[d])));
  return [along(0), along(1), along(2)];
}

/** Centre of a display voxel as a place in the displayed volume. */
export function displayToFraction(grid: DisplayGrid, [x, y, z]: Vec3): Vec3 {
  const n = displaySize(grid);
  return [(x + 0.5) / n[0], (y + 0.5) / n[1], (z + 0.5) / n[2]];
}

/** Place in the displayed volume → the file's voxel coordinates, not rounded: centres lie at whole numbers. */
export function fractionToVoxel(grid: DisplayGrid, fraction: Vec3): Vec3 {
  const n = displaySize(grid);
  return displayToVoxel(grid, [fraction[0] * n[0] - 0.5, fraction[1] * n[1] - 0.5, fraction[2] * n[2] - 0.5]);
}

/** The file's voxel coordinates, fractions allowed → place in the displayed volume. */
export function voxelToFraction(grid: DisplayGrid, voxel: Vec3): Vec3 {
  return displayToFraction(grid, voxelToDisplay(grid, voxel));
}
