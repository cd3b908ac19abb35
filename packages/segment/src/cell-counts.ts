import { type Box, countWord } from "@septum/volume";
import { type BitGrid, rangeMask } from "./bit-grid.ts";

/**
 * Set bits of a grid, counted between all faces that some boxes can have. Boxes with such faces are then counted from an
 * eight-term sum, however large they are.
 */
export interface CellCounts {
  /** Counts set bits of boxes made of such faces, as of now. */
  counter(): (box: Box) => number;
  /** Forgets the bits in such a box. */
  clear(box: Box): void;
}

/** `range` gives the faces of a box along one axis, for each of the positions in `lattice`. */
export function cellCounts(
  grid: BitGrid,
  lattice: readonly (readonly number[])[],
  range: (axis: number, at: number) => readonly [number, number],
): CellCounts {
  const faces = lattice.map((positions, axis) => {
    const all = new Set([0, grid.size[axis]]);
    for (const at of positions) for (const face of range(axis, at)) all.add(face);
    return [...all].sort((x, y) => x - y);
  });
  const [m0, m1, m2] = faces.map((list) => list.length - 1);
  const cells = countCells(grid, faces);
  const place = faces.map((list) => new Map(list.map((face, n) => [face, n])));
  const cellsOf = (box: Box) => box.map(([lo, hi], axis) => [place[axis].get(lo)!, place[axis].get(hi)!]);

  return {
    counter: () => {
      const sums = summedCells(cells, m0, m1, m2);
      const at = (a: number, b: number, c: number) => sums[c + (m2 + 1) * (b + (m1 + 1) * a)];
      return (box) => {
        if (box.some(([lo, hi]) => hi <= lo)) return 0;
        const [[a0, a1], [b0, b1], [c0, c1]] = cellsOf(box);
        const upper = at(a1, b1, c1) - at(a1, b1, c0) - at(a1, b0, c1) + at(a1, b0, c0);
        return upper - (at(a0, b1, c1) - at(a0, b1, c0) - at(a0, b0, c1) + at(a0, b0, c0));
      };
    },
    clear: (box) => {
      const [[a0, a1], [b0, b1], [c0, c1]] = cellsOf(box);
      for (let a = a0; a < a1; a++) {
        for (let b = b0; b < b1; b++) cells.fill(0, c0 + m2 * (b + m1 * a), c1 + m2 * (b + m1 * a));
      }
    },
  };
}

function countCells(grid: BitGrid, faces: readonly (readonly number[])[]): Float64Array {
  const { size, rowWords, words } = grid;
  const [m1, m2] = [faces[1].length - 1, faces[2].length - 1];
  const cells = new Float64Array((faces[0].length - 1) * m1 * m2);
  const [cellOfA, cellOfB] = [cellIndex(faces[0]), cellIndex(faces[1])];
  for (let a = 0, row = 0; a < size[0]; a++) {
    for (let b = 0; b < size[1]; b++, row += rowWords) {
      const first = m2 * (cellOfB[b] + m1 * cellOfA[a]);
      let cell = 0;
      for (let w = 0; w < rowWords; w++) {
        const word = words[row + w];
        if (word === 0) continue;
        while (faces[2][cell + 1] <= 32 * w) cell++;
        for (let c = cell; c < m2 && faces[2][c] < 32 * w + 32; c++) {
          cells[first + c] += countWord(word & rangeMask(w, faces[2][c], faces[2][c + 1]));
        }
      }
    }
  }
  return cells;
}

/** For each position along an axis the cell it lies in. */
function cellIndex(faces: readonly number[]): Int32Array {
  const cells = new Int32Array(faces[faces.length - 1]);
  for (let n = 0; n + 1 < faces.length; n++) cells.fill(n, faces[n], faces[n + 1]);
  return cells;
}

/** Sums of all cells below, one longer than the cells along each axis. */
function summedCells(cells: Float64Array, m0: number, m1: number, m2: number): Float64Array {
  const sums = new Float64Array((m0 + 1) * (m1 + 1) * (m2 + 1));
  const s2 = m2 + 1;
  const s1 = (m1 + 1) * s2;
  for (let a = 0, at = 0; a < m0; a++) {
    for (let b = 0; b < m1; b++) {
      let inRow = 0;
      for (let c = 0; c < m2; c++, at++) {
        inRow += cells[at];
        const to = (a + 1) * s1 + (b + 1) * s2 + c + 1;
        sums[to] = inRow + sums[to - s1] + sums[to - s2] - sums[to - s1 - s2];
      }
    }
  }
  return sums;
}
