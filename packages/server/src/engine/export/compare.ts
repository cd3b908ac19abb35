import { type Affine, formatBox, readBits, type Vec3, type VoxelArray, wholeBox, wholeWords } from "@septum/volume";
import { sameGrid } from "../same-grid.ts";
import { type ExportMask, ExportMismatchError } from "./exported.ts";

/** Numbers of a file: every `stride`-th from `first` on. */
export interface FileVoxels {
  readonly data: VoxelArray;
  readonly first?: number;
  readonly stride?: number;
}

/**
 * Compares a file's voxels with the masks they were made of, which win a voxel in their order. Returns the voxels of each.
 * Goes its own way from masks to numbers, so that a fault in writing is not made here again.
 *
 * @throws {ExportMismatchError}
 */
export function compareVoxels(
  { data, first = 0, stride = 1 }: FileVoxels,
  masks: readonly ExportMask[],
  size: Vec3,
): number[] {
  const total = size[0] * size[1] * size[2];
  if (data.length !== total * stride) {
    throw new ExportMismatchError(`The file has ${data.length} numbers: ${total * stride} were expected`);
  }
  const counts = masks.map(() => 0);
  const words = masks.map(({ bits }) => wholeWords(bits));
  const one = new Uint32Array(1);
  const expected = new Uint16Array(32);
  for (let at = 0, w = 0; at < total; at += 32, w++) {
    const here = Math.min(32, total - at);
    let taken = 0;
    for (let n = 0; n < masks.length; n++) {
      const whole = words[n];
      if (whole && w < whole.length) one[0] = whole[w];
      else readBits(masks[n].bits, at, here, one);
      for (let own = one[0] & ~taken; own !== 0; own &= own - 1) {
        expected[31 - Math.clz32(own & -own)] = masks[n].value;
        counts[n]++;
      }
      taken |= one[0];
    }
    for (let n = 0, from = first + at * stride; n < here; n++, from += stride) {
      if (data[from] !== expected[n]) throw differs(at + n, data[from], expected[n], size);
    }
    if (taken !== 0) expected.fill(0);
  }
  return counts;
}

function differs(at: number, found: number, expected: number, [ni, nj]: Vec3): ExportMismatchError {
  const voxel = [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))];
  return new ExportMismatchError(`Voxel [${voxel.join(", ")}] of the file is ${found}: the masks say ${expected}`);
}

interface Grid {
  readonly size: Vec3;
  readonly affine: Affine;
}

/** @throws {ExportMismatchError} unless the file lies where the image does */
export function compareGrids(file: Grid, image: Grid): void {
  if (sameGrid(file, image)) return;
  const say = ({ size, affine }: Grid) => `${formatBox(wholeBox(size))} at [${affine.slice(0, 12).join(", ")}]`;
  throw new ExportMismatchError(`The file lies elsewhere than the image: ${say(file)} instead of ${say(image)}`);
}
