import { type BitGrid, createBitGrid } from "./bit-grid.ts";

/**
 * Opening by a 5×5×5 cube, in place: changes thinner than five voxels vanish (spec §6.6 step 3). At the grid's border only
 * neighbours inside count, so that the border itself eats nothing.
 */
export function open5(grid: BitGrid): void {
  const spare = createBitGrid(grid.size);
  const erode = (x: number, y: number) => x & y;
  const dilate = (x: number, y: number) => x | y;
  alongRows(grid, spare, erode, -1);
  acrossRows(spare, grid, 1, erode);
  acrossRows(grid, spare, 0, erode);
  alongRows(spare, grid, dilate, 0);
  acrossRows(grid, spare, 1, dilate);
  acrossRows(spare, grid, 0, dilate);
}

type Combine = (x: number, y: number) => number;

/** Combines each voxel with its two neighbours on either side in its row; `border` stands for those outside. */
function alongRows(from: BitGrid, to: BitGrid, combine: Combine, border: number): void {
  const { rowWords } = from;
  const used = from.size[2] & 31;
  const tail = used === 0 ? -1 : ~(-1 << used);
  const last = rowWords - 1;
  for (let row = 0; row < from.words.length; row += rowWords) {
    let before = border;
    let word = from.words[row] | (last === 0 ? border & ~tail : 0);
    for (let w = 0; w < rowWords; w++) {
      let after = border;
      if (w < last) after = from.words[row + w + 1] | (w + 1 === last ? border & ~tail : 0);
      const up = combine((word << 1) | (before >>> 31), (word << 2) | (before >>> 30));
      const down = combine((word >>> 1) | (after << 31), (word >>> 2) | (after << 30));
      to.words[row + w] = combine(word, combine(up, down)) & (w === last ? tail : -1);
      before = word;
      word = after;
    }
  }
}

/** The same across rows (axis 1) or planes (axis 0). */
function acrossRows(from: BitGrid, to: BitGrid, axis: 0 | 1, combine: Combine): void {
  const [n0, n1] = from.size;
  const { rowWords } = from;
  const length = axis === 0 ? n0 : n1;
  const step = axis === 0 ? n1 * rowWords : rowWords;
  const others = axis === 0 ? 1 : n0;
  const span = axis === 0 ? n1 * rowWords : rowWords;
  for (let other = 0; other < others; other++) {
    for (let n = 0; n < length; n++) {
      const at = other * n1 * rowWords + n * step;
      const first = at - Math.min(2, n) * step;
      const end = at + Math.min(2, length - 1 - n) * step;
      for (let w = 0; w < span; w++) {
        let word = from.words[first + w];
        for (let near = first + step; near <= end; near += step) word = combine(word, from.words[near + w]);
        to.words[at + w] = word;
      }
    }
  }
}
