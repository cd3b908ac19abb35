import { type Box, boxSize, boxVoxels, type Volume } from "@septum/volume";
import { CommandError } from "./errors.ts";
import { describeGrid, sameGrid } from "./grid.ts";
import { readImageFile } from "./image-file.ts";

/** One byte per voxel of `box`, `i` fastest: 1 where the file is not zero. */
export interface PromptMask {
  readonly mask: Uint8Array;
  readonly box: Box;
}

/**
 * Reads a drawing from a NIfTI file on the image's grid, cut to what is drawn.
 *
 * Throws `CommandError` when the grids differ (naming both) or nothing is drawn.
 */
export async function readPromptMask(path: string, image: Volume): Promise<PromptMask> {
  const { volume } = await readImageFile(path);
  if (!sameGrid(volume, image)) {
    throw new CommandError(
      `${path} does not lie on the image's grid. It has ${describeGrid(volume)}; the image has ${describeGrid(image)}.`,
    );
  }
  const box = drawnBox(volume);
  if (!box) throw new CommandError(`${path} is empty: every voxel is zero`);
  return { mask: cut(volume, box), box };
}

function isDrawn({ data, scaling }: Volume): (at: number) => boolean {
  return (at) => scaling.slope * data[at] + scaling.intercept !== 0;
}

function drawnBox(volume: Volume): Box | undefined {
  const drawn = isDrawn(volume);
  const [ni, nj, nk] = volume.size;
  const lo = [ni, nj, nk];
  const hi = [0, 0, 0];
  for (let k = 0, at = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, at++) {
        if (!drawn(at)) continue;
        lo[0] = Math.min(lo[0], i);
        lo[1] = Math.min(lo[1], j);
        lo[2] = Math.min(lo[2], k);
        hi[0] = Math.max(hi[0], i + 1);
        hi[1] = Math.max(hi[1], j + 1);
        hi[2] = k + 1;
      }
    }
  }
  return hi[2] === 0
    ? undefined
    : [
        [lo[0], hi[0]],
        [lo[1], hi[1]],
        [lo[2], hi[2]],
      ];
}

function cut(volume: Volume, box: Box): Uint8Array {
  const drawn = isDrawn(volume);
  const [ni, nj] = volume.size;
  const [mi, mj, mk] = boxSize(box);
  const mask = new Uint8Array(boxVoxels(box));
  for (let k = 0, at = 0; k < mk; k++) {
    for (let j = 0; j < mj; j++) {
      const row = box[0][0] + ni * (box[1][0] + j + nj * (box[2][0] + k));
      for (let i = 0; i < mi; i++) mask[at++] = drawn(row + i) ? 1 : 0;
    }
  }
  return mask;
}
