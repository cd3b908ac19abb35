import { type Box, boxSize } from "@septum/volume";
import { type DisplayGrid, displayToVoxel } from "../grid.ts";
import { type Plane, planes } from "../planes.ts";
import type { SliceRegion } from "../slices/gather.ts";

/** One mask over part of the volume: a bit per voxel of `box`, `i` fastest, lowest bit first. */
export interface Layer {
  readonly box: Box;
  readonly bits: Uint8Array;
}

/** Sets `flag` in every `step`-th element of `out` where the layer has a voxel; the order is that of `gatherSlice`. */
export function gatherLayer(
  { box, bits }: Layer,
  grid: DisplayGrid,
  plane: Plane,
  slice: number,
  { columns, rows }: SliceRegion,
  out: { [index: number]: number },
  flag: number,
  offset: number,
  step: number,
): void {
  const { across, up, along } = planes[plane];
  const display: [number, number, number] = [0, 0, 0];
  display[along] = slice;
  display[across] = columns[0];
  display[up] = rows[0];
  const [ni, nj] = boxSize(box);
  const [right, upwards] = [grid.axis[across], grid.axis[up]];
  const stepRight = grid.flip[across] ? -1 : 1;
  const stepUp = grid.flip[up] ? -1 : 1;
  const voxel = [...displayToVoxel(grid, display)];
  const fixed = grid.axis[along];
  if (voxel[fixed] < box[fixed][0] || voxel[fixed] >= box[fixed][1]) return;
  const stride = [1, ni, ni * nj];
  const first = voxel[right];
  let to = offset;
  for (let row = rows[0]; row < rows[1]; row++, voxel[upwards] += stepUp) {
    const inside = voxel[upwards] >= box[upwards][0] && voxel[upwards] < box[upwards][1];
    if (!inside) {
      to += step * (columns[1] - columns[0]);
      continue;
    }
    const base = (voxel[upwards] - box[upwards][0]) * stride[upwards] + (voxel[fixed] - box[fixed][0]) * stride[fixed];
    let place = first;
    for (let column = columns[0]; column < columns[1]; column++, place += stepRight, to += step) {
      if (place < box[right][0] || place >= box[right][1]) continue;
      const at = base + (place - box[right][0]) * stride[right];
      if (bits[at >> 3] & (1 << (at & 7))) out[to] |= flag;
    }
  }
}
