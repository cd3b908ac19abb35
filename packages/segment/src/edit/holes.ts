import { bitBytes, type Vec3 } from "@septum/volume";
import type { MaskBits } from "../mask-delta.ts";
import { findIslands, type Islands, islandBits } from "./islands.ts";
import type { EditAxis } from "./mask-edit.ts";
import { rowRuns } from "./row-runs.ts";
import type { Work } from "./work.ts";

/**
 * The mask with its cavities filled: background that no way through faces of voxels leads out of, to the edge of the grid.
 * With an axis, each slice along it is looked at alone.
 */
export function* fillHoles(mask: MaskBits, axis?: EditAxis): Work<Uint8Array<ArrayBuffer>> {
  if (axis === undefined) return yield* filled(mask, false);
  if (axis === 2) return yield* filled(mask, true);
  // Slices of another axis become slices along k, and back.
  const turned = yield* swapped(mask, axis);
  const bits = yield* filled(turned, true);
  return (yield* swapped({ bits, size: turned.size }, axis)).bits;
}

function* filled(mask: MaskBits, flat: boolean): Work<Uint8Array<ArrayBuffer>> {
  const background = yield* findIslands(mask, 0, flat);
  const open = openIslands(background, flat);
  const bits = islandBits(background, (island) => open[island] === 0);
  for (let n = 0; n < bits.length; n++) bits[n] |= mask.bits[n];
  return bits;
}

/** Which islands touch the edge of the grid, or of their slice. */
function openIslands({ runs, island }: Islands, flat: boolean): Uint8Array {
  const [ni, nj, nk] = runs.size;
  const open = new Uint8Array(runs.count);
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const edge = j === 0 || j === nj - 1 || (!flat && (k === 0 || k === nk - 1));
      const row = j + nj * k;
      for (let run = runs.rows[row]; run < runs.rows[row + 1]; run++) {
        if (edge || runs.first[run] === 0 || runs.last[run] === ni - 1) open[island[run]] = 1;
      }
    }
  }
  return open;
}

/** The mask with the axis and k in each other's place. */
function* swapped(mask: MaskBits, axis: 0 | 1): Work<MaskBits & { readonly bits: Uint8Array<ArrayBuffer> }> {
  const runs = yield* rowRuns(mask, 1);
  const [ni, nj, nk] = mask.size;
  const size: Vec3 = axis === 0 ? [nk, nj, ni] : [ni, nk, nj];
  const bits = new Uint8Array(bitBytes(ni * nj * nk));
  const [stepI, stepJ, stepK] = axis === 0 ? [nk * nj, nk, 1] : [1, ni * nk, ni];
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const row = j + nj * k;
      for (let run = runs.rows[row]; run < runs.rows[row + 1]; run++) {
        for (let i = runs.first[run]; i <= runs.last[run]; i++) {
          const at = i * stepI + j * stepJ + k * stepK;
          bits[Math.floor(at / 8)] |= 1 << (at & 7);
        }
      }
    }
    yield;
  }
  return { bits, size };
}
