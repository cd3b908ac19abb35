import type { Box, Vec3 } from "@septum/volume";
import { boxToDisplay, type DisplayGrid, displaySize } from "./grid.ts";

/**
 * Writes the labels of one box into the displayed label map.
 *
 * `labels`: one value per voxel of `box`, the file's order, `i` fastest. `map`: uint8 over the whole displayed volume, x
 * fastest. Returns the display box that changed. Label values above 255 reuse the colours from 1 again, as the classic
 * table of 130 colours repeats too.
 */
export function writeLabels(map: Uint8Array, grid: DisplayGrid, box: Box, labels: ArrayLike<number>): Box {
  const target = boxToDisplay(grid, box);
  const [nx, ny] = displaySize(grid);
  const { start, step } = stepsThrough(grid, box);
  const [[x0, x1], [y0, y1], [z0, z1]] = target;
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      let from = start + (y - y0) * step[1] + (z - z0) * step[2];
      let to = x0 + nx * (y + ny * z);
      for (let x = x0; x < x1; x++) {
        const label = labels[from];
        map[to++] = label > 255 ? ((label - 1) % 255) + 1 : label;
        from += step[0];
      }
    }
  }
  return target;
}

/** The part of a displayed label map inside a display box, x fastest, for a texture upload. */
export function cutLabels(map: Uint8Array, grid: DisplayGrid, [[x0, x1], [y0, y1], [z0, z1]]: Box): Uint8Array {
  const [nx, ny] = displaySize(grid);
  const width = x1 - x0;
  const part = new Uint8Array(width * (y1 - y0) * (z1 - z0));
  let to = 0;
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      const from = x0 + nx * (y + ny * z);
      part.set(map.subarray(from, from + width), to);
      to += width;
    }
  }
  return part;
}

/** Voxels per label value, index = label value; 256 entries. */
export function countLabels(map: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let index = 0; index < map.length; index++) counts[map[index]]++;
  return counts;
}

/** Where in the box's own memory the first display voxel of the box lies, and what one step along x, y, z adds. */
function stepsThrough({ axis, flip }: DisplayGrid, box: Box): { start: number; step: Vec3 } {
  const length = box.map(([lo, hi]) => hi - lo);
  const stride = [1, length[0], length[0] * length[1]];
  let start = 0;
  const step = [0, 1, 2].map((d) => {
    if (flip[d]) start += stride[axis[d]] * (length[axis[d]] - 1);
    return flip[d] ? -stride[axis[d]] : stride[axis[d]];
  });
  return { start, step: [step[0], step[1], step[2]] };
}
