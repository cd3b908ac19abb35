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
  const set = countRows(grid);
  while (set.total > 0) {
    let best: Vec3 | undefined;
    let most = -1;
    for (let draw = 0; draw < draws; draw++) {
      const voxel = nthSet(grid, set, random(set.total));
      const count = countInBox(grid, coveredBox(voxel, settings, grid.size));
      if (count <= most) continue;
      most = count;
      best = voxel;
    }
    const covered = coveredBox(best!, settings, grid.size);
    boxes.push(patchBox(best!, settings.patchSize));
    clearBox(grid, covered);
    recount(grid, set, covered);
  }
  return boxes;
}

/** Set bits of a grid, by plane and by row. */
interface RowCounts {
  readonly planes: Int32Array;
  readonly rows: Int32Array;
  total: number;
}

function countRows(grid: BitGrid): RowCounts {
  const [n0, n1, n2] = grid.size;
  const counts = { planes: new Int32Array(n0), rows: new Int32Array(n0 * n1), total: 0 };
  recount(grid, counts, [
    [0, n0],
    [0, n1],
    [0, n2],
  ]);
  return counts;
}

/** Counts the rows that the box touches anew. */
function recount({ size, rowWords, words }: BitGrid, counts: RowCounts, [[a0, a1], [b0, b1]]: Box): void {
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) {
      const row = a * size[1] + b;
      let count = 0;
      for (let at = row * rowWords; at < (row + 1) * rowWords; at++) if (words[at] !== 0) count += countWord(words[at]);
      const grown = count - counts.rows[row];
      counts.rows[row] = count;
      counts.planes[a] += grown;
      counts.total += grown;
    }
  }
}

/** The n-th set voxel in row-major order. */
function nthSet({ size, rowWords, words }: BitGrid, { planes, rows }: RowCounts, n: number): Vec3 {
  let left = n;
  let a = 0;
  for (; left >= planes[a]; a++) left -= planes[a];
  let row = a * size[1];
  for (; left >= rows[row]; row++) left -= rows[row];
  for (let w = 0; ; w++) {
    const word = words[row * rowWords + w];
    const count = word === 0 ? 0 : countWord(word);
    if (left >= count) {
      left -= count;
      continue;
    }
    for (let bit = 0; ; bit++) {
      if (((word >>> bit) & 1) === 1 && left-- === 0) return [a, row % size[1], 32 * w + bit];
    }
  }
}
