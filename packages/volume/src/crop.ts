import { type Box, boxSize, clipBox, isEmptyBox, type Vec3 } from "./box.ts";
import type { VoxelArray } from "./volume.ts";

/**
 * Copies `box` of a volume into `out`, `i` fastest; voxels outside the volume become `padding`.
 *
 * `size` and `box` are `[i, j, k]`; the box may reach outside on any side. Values are converted to the type of `out`.
 */
export function cropInto(data: VoxelArray, size: Vec3, box: Box, out: VoxelArray, padding: number): void {
  const [di, dj] = boxSize(box);
  const inside = clipBox(box, size);
  if (isEmptyBox(inside)) {
    out.fill(padding);
    return;
  }
  if (inside.some(([lo, hi], axis) => lo > box[axis][0] || hi < box[axis][1])) out.fill(padding);
  const [[i0, i1], [j0, j1], [k0, k1]] = inside;
  for (let k = k0; k < k1; k++) {
    for (let j = j0; j < j1; j++) {
      const from = size[0] * (j + size[1] * k);
      const to = i0 - box[0][0] + di * (j - box[1][0] + dj * (k - box[2][0]));
      out.set(data.subarray(from + i0, from + i1), to);
    }
  }
}
