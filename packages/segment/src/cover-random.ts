import { type Box, countWord, type Vec3 } from "@septum/volume";
import { type BitGrid, clearBox, countInBox } from "./bit-grid.ts";
import { type CoverSettings, coveredBox } from "./cover-box.ts";
import type { RandomIndex } from "./random.ts";
import { patchBox } from "./view.ts";

/**
 * Boxes around set voxels drawn at random until none is left: of `draws` voxels each time, the first whose box covers
 * most (spec §6.7, `randomCover`). Uses up the grid.
 */
export function coverAtRandom(grid: BitGrid, settings: CoverSettings, draws: number, random: RandomIndex): Box[] {
  const boxes: Box[] = [];
  for (let set = listRows(grid); set.total > 0; set = listRows(grid)) {
    let best: Vec3 | undefined;
    let most = -1;
    for (let draw = 0; draw < draws; draw++) {
      const voxel = nthSet(grid, set, random(set.total));
      const count = countInBox(grid, coveredBox(voxel, settings, grid.size));
      if (count <= most) continue;
      most = count;
      best = voxel;
    }
    boxes.push(patchBox(best!, settings.patchSize));
    clearBox(grid, coveredBox(best!, settings, grid.size));
  }
  return boxes;
}

/** Set bits before each row of a grid, and in all. */
interface RowCounts {
  readonly before: Float64Array;
  readonly total: number;
}

function listRows(grid: BitGrid): RowCounts {
  const { rowWords, words } = grid;
  const before = new Float64Array(grid.size[0] * grid.size[1]);
  let total = 0;
  for (let row = 0, at = 0; row < before.length; row++) {
    before[row] = total;
    for (let w = 0; w < rowWords; w++, at++) if (words[at] !== 0) total += countWord(words[at]);
  }
  return { before, total };
}

/** The n-th set voxel in row-major order. */
function nthSet(grid: BitGrid, rows: RowCounts, n: number): Vec3 {
  let low = 0;
  let high = rows.before.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (rows.before[middle] <= n) low = middle;
    else high = middle;
  }
  let left = n - rows.before[low];
  for (let w = 0; ; w++) {
    const word = grid.words[low * grid.rowWords + w];
    const count = word === 0 ? 0 : countWord(word);
    if (left >= count) {
      left -= count;
      continue;
    }
    for (let bit = 0; ; bit++) {
      if (((word >>> bit) & 1) === 1 && left-- === 0) {
        return [Math.floor(low / grid.size[1]), low % grid.size[1], 32 * w + bit];
      }
    }
  }
}
