import { type Box, boxSize, clipBox, isEmptyBox, uniteBoxes, type Vec3 } from "@septum/volume";
import { type BitGrid, createBitGrid, gridBoundingBox, gridFrom, gridRows } from "./bit-grid.ts";
import type { MaskRows } from "./mask-rows.ts";
import { open5 } from "./opening.ts";

/** Voxels to refine: a grid that covers `box` of the volume, engine axes, and nothing set elsewhere. */
export interface ChangeMap {
  readonly grid: BitGrid;
  readonly box: Box;
}

/**
 * Where a zoomed-out prediction differs from the mask before it by more than a thin shell, plus all of the mask before it
 * when `keep` (its box) says so (spec §6.6 steps 2–4). Undefined when there is nothing to refine.
 */
export function changeMap(coarse: MaskRows, previous: MaskRows, keep: Box | undefined): ChangeMap | undefined {
  const opened = isEmptyBox(coarse.box) ? undefined : openedDifference(coarse, previous);
  if (keep === undefined) return opened;
  const box = uniteBoxes(opened?.box, keep)!;
  const grid = gridFrom(previous, box);
  if (opened !== undefined) addRows(grid, box, gridRows(opened.grid, opened.box), opened.box);
  return { grid, box };
}

function openedDifference(coarse: MaskRows, previous: MaskRows): ChangeMap | undefined {
  const seen = coarse.box;
  const difference = differenceGrid(coarse, previous, seen);
  const bounds = gridBoundingBox(difference);
  if (bounds === undefined) return undefined;
  // Two empty layers around the changes, where the view has them, make the border of the cut behave as the view's own.
  const roomy = clipBox(
    mapRanges(bounds, (lo, hi) => [lo - 2, hi + 2]),
    difference.size,
  );
  const cut = gridFrom(
    gridRows(difference, [
      [0, difference.size[0]],
      [0, difference.size[1]],
      [0, difference.size[2]],
    ]),
    roomy,
  );
  open5(cut);
  const rest = gridBoundingBox(cut);
  if (rest === undefined) return undefined;
  const grid = gridFrom(
    gridRows(cut, [
      [0, cut.size[0]],
      [0, cut.size[1]],
      [0, cut.size[2]],
    ]),
    rest,
  );
  const origin: Vec3 = [0, 1, 2].map((axis) => seen[axis][0] + roomy[axis][0]) as unknown as Vec3;
  return { grid, box: mapRanges(rest, (lo, hi, axis) => [lo + origin[axis], hi + origin[axis]]) };
}

function differenceGrid(coarse: MaskRows, previous: MaskRows, box: Box): BitGrid {
  const grid = createBitGrid(boxSize(box));
  const [[a0, a1], [b0, b1], [c0]] = box;
  const one = new Uint32Array(grid.rowWords);
  const other = new Uint32Array(grid.rowWords);
  let at = 0;
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) {
      coarse.readRow(a, b, c0, grid.size[2], one);
      previous.readRow(a, b, c0, grid.size[2], other);
      for (let w = 0; w < one.length; w++, at++) grid.words[at] = one[w] ^ other[w];
    }
  }
  return grid;
}

/** Sets the bits of `rows` over `part` in a grid over `box`. */
function addRows(grid: BitGrid, box: Box, rows: MaskRows, part: Box): void {
  const shift = part[2][0] - box[2][0];
  const count = part[2][1] - part[2][0];
  const words = new Uint32Array(Math.ceil(count / 32));
  for (let a = part[0][0]; a < part[0][1]; a++) {
    for (let b = part[1][0]; b < part[1][1]; b++) {
      rows.readRow(a, b, part[2][0], count, words);
      const row = ((a - box[0][0]) * grid.size[1] + (b - box[1][0])) * grid.rowWords;
      for (let n = 0; n < words.length; n++) {
        const at = row + (shift >>> 5) + n;
        grid.words[at] |= words[n] << (shift & 31);
        const spill = (shift & 31) === 0 ? 0 : words[n] >>> (32 - (shift & 31));
        if (spill !== 0) grid.words[at + 1] |= spill;
      }
    }
  }
}

function mapRanges(box: Box, map: (lo: number, hi: number, axis: number) => readonly [number, number]): Box {
  return [map(...box[0], 0), map(...box[1], 1), map(...box[2], 2)];
}
