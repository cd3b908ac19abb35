import { type BitGrid, createBitGrid } from "./bit-grid.ts";

/**
 * Opening by a 5×5×5 cube, in place: changes thinner than five voxels vanish (spec §6.6 step 3). At the grid's border only
 * neighbours inside count, so that the border itself eats nothing.
 */
export function open5(grid: BitGrid): void {
  const spare = createBitGrid(grid.size);
  // Dilation is erosion of the complement; `flip` turns bits into those that are eroded and back.
  for (const flip of [0, -1]) {
    erodeAlongRows(grid, spare, flip);
    erodeAcrossRows(spare, grid, 1, flip);
    erodeAcrossRows(grid, spare, 0, flip);
    grid.words.set(spare.words);
  }
}

/** Keeps a voxel if its two neighbours on either side in its row are set. */
function erodeAlongRows(from: BitGrid, to: BitGrid, flip: number): void {
  const { rowWords, words } = from;
  const used = from.size[2] & 31;
  const tail = used === 0 ? -1 : ~(-1 << used);
  const last = rowWords - 1;
  for (let row = 0; row < words.length; row += rowWords) {
    let before = -1;
    let word = words[row] ^ flip;
    if (last === 0) word |= ~tail;
    for (let w = 0; w < rowWords; w++) {
      let after = -1;
      if (w < last) after = words[row + w + 1] ^ flip;
      if (w + 1 === last) after |= ~tail;
      const up = ((word << 1) | (before >>> 31)) & ((word << 2) | (before >>> 30));
      const down = ((word >>> 1) | (after << 31)) & ((word >>> 2) | (after << 30));
      to.words[row + w] = ((word & up & down) ^ flip) & (w === last ? tail : -1);
      before = word;
      word = after;
    }
  }
}

/** The same across rows (axis 1) or planes (axis 0). */
function erodeAcrossRows(from: BitGrid, to: BitGrid, axis: 0 | 1, flip: number): void {
  const [n0, n1] = from.size;
  const { rowWords, words } = from;
  const length = axis === 0 ? n0 : n1;
  const step = axis === 0 ? n1 * rowWords : rowWords;
  const others = axis === 0 ? 1 : n0;
  for (let other = 0; other < others; other++) {
    for (let n = 0; n < length; n++) {
      const at = other * n1 * rowWords + n * step;
      const first = at - Math.min(2, n) * step;
      const end = at + Math.min(2, length - 1 - n) * step;
      for (let w = 0; w < step; w++) {
        let word = -1;
        for (let near = first; near <= end; near += step) word &= words[near + w] ^ flip;
        to.words[at + w] = word ^ flip;
      }
    }
  }
}
