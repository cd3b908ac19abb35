import { type Box, bitBytes, boxSize, copyBits, readBits, type Vec3, wholeBox } from "@septum/volume";
import type { Layer } from "./layer.ts";
import type { LabelTally } from "./tally.ts";

/**
 * The active segment's own mask over the whole volume. Where segments overlap, a label map has one of them alone; this one
 * is to be seen whole. A bit per voxel, and counted as it changes.
 */
export interface ActiveMask extends Layer {
  readonly label: number;
  readonly tally: LabelTally;
  /** Where it has voxels; undefined: nowhere. */
  readonly extent: Box | undefined;
  has(i: number, j: number, k: number): boolean;
  set(i: number, j: number, k: number, on: boolean): void;
  /** Puts `bits` (one per voxel of `box`, `i` fastest) into slices `from` to `to` of the box along k, half-open. */
  write(box: Box, bits: Uint8Array, from?: number, to?: number): void;
}

export function createActiveMask(size: Vec3, label: number): ActiveMask {
  const [ni, nj, nk] = size;
  const bits = new Uint8Array(bitBytes(ni * nj * nk));
  const tally: LabelTally = {
    voxels: 0,
    slices: [new Uint32Array(ni), new Uint32Array(nj), new Uint32Array(nk)],
  };
  const { slices } = tally;

  function count(i: number, j: number, k: number, by: 1 | -1): void {
    tally.voxels += by;
    slices[0][i] += by;
    slices[1][j] += by;
    slices[2][k] += by;
  }

  function has(i: number, j: number, k: number): boolean {
    const at = i + ni * (j + nj * k);
    return ((bits[Math.floor(at / 8)] >> (at & 7)) & 1) === 1;
  }

  return {
    label,
    tally,
    box: wholeBox(size),
    bits,
    get extent(): Box | undefined {
      return tally.voxels > 0 ? [spanOf(slices[0]), spanOf(slices[1]), spanOf(slices[2])] : undefined;
    },
    has,
    set(i, j, k, on) {
      if (has(i, j, k) === on) return;
      const at = i + ni * (j + nj * k);
      bits[Math.floor(at / 8)] ^= 1 << (at & 7);
      count(i, j, k, on ? 1 : -1);
    },
    write(box, given, from = box[2][0], to = box[2][1]) {
      const [[i0], [j0, j1], [k0]] = box;
      const [di, dj] = boxSize(box);
      const before = new Uint32Array(Math.ceil(di / 32));
      const after = new Uint32Array(before.length);
      for (let k = from; k < to; k++) {
        for (let j = j0; j < j1; j++) {
          const inVolume = i0 + ni * (j + nj * k);
          const inBox = di * (j - j0 + dj * (k - k0));
          readBits(bits, inVolume, di, before);
          readBits(given, inBox, di, after);
          let changed = 0;
          for (let n = 0; n < after.length; n++) {
            const word = after[n];
            let differing = before[n] ^ word;
            changed |= differing;
            for (; differing !== 0; differing &= differing - 1) {
              const bit = 31 - Math.clz32(differing & -differing);
              count(i0 + 32 * n + bit, j, k, (word >>> bit) & 1 ? 1 : -1);
            }
          }
          if (changed !== 0) copyBits(given, inBox, bits, inVolume, di);
        }
      }
    },
  };
}

/** From the first slice that has voxels to behind the last. */
function spanOf(counts: Uint32Array): readonly [number, number] {
  return [counts.findIndex((count) => count > 0), counts.findLastIndex((count) => count > 0) + 1];
}
