import { bitBytes, copyBits, readBits, type Vec3 } from "@septum/volume";
import type { MaskBits } from "../mask-delta.ts";
import { reachOf } from "./regions.ts";
import type { Work } from "./work.ts";

/** The voxels whose centre lies within some mm of a voxel's, as rows along `i`. */
export interface Ball {
  /** How far a row reaches to each side, in voxels; each once, ascending. */
  readonly widths: readonly number[];
  readonly rows: readonly { readonly j: number; readonly k: number; readonly width: number }[];
}

/** Within the square root of `most`. */
export function ballOf(spacing: Vec3, most: number): Ball {
  const [si, sj, sk] = spacing;
  const [, reachJ, reachK] = reachOf(Math.sqrt(most), spacing);
  const found: { j: number; k: number; reach: number }[] = [];
  for (let k = -reachK; k <= reachK; k++) {
    for (let j = -reachJ; j <= reachJ; j++) {
      const left = most - (j * sj) ** 2 - (k * sk) ** 2;
      if (left >= 0) found.push({ j, k, reach: Math.floor(Math.sqrt(left) / si) });
    }
  }
  const widths = [...new Set(found.map(({ reach }) => reach))].sort((a, b) => a - b);
  return { widths, rows: found.map(({ j, k, reach }) => ({ j, k, width: widths.indexOf(reach) })) };
}

/**
 * Voxels that have one of this value in the ball around them. Each row is widened to each of the ball's widths and laid over the
 * rows around it, 32 voxels at a time: the time grows with the ball's rows, where distances take as long for any.
 */
export function* nearBall({ bits, size }: MaskBits, ball: Ball, value: 0 | 1): Work<Uint8Array<ArrayBuffer>> {
  const [ni, nj, nk] = size;
  const rowWords = Math.ceil(ni / 32);
  const tail = ni % 32 === 0 ? -1 : ~(-1 << (ni % 32));
  const near = new Uint32Array(rowWords * nj * nk);
  const row = new Uint32Array(rowWords);
  const wide = ball.widths.map(() => new Uint32Array(rowWords));
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      readBits(bits, ni * (j + nj * k), ni, row);
      if (value === 0) {
        for (let w = 0; w < rowWords; w++) row[w] = ~row[w];
        row[rowWords - 1] &= tail;
      }
      if (row.every((word) => word === 0)) continue;
      widen(row, ball.widths, wide);
      for (const { j: dj, k: dk, width } of ball.rows) {
        if (j + dj < 0 || j + dj >= nj || k + dk < 0 || k + dk >= nk) continue;
        const at = rowWords * (j + dj + nj * (k + dk));
        const words = wide[width];
        for (let w = 0; w < rowWords; w++) near[at + w] |= words[w];
      }
    }
    yield;
  }
  const out = new Uint8Array(bitBytes(ni * nj * nk));
  const bytes = new Uint8Array(near.buffer);
  for (let n = 0; n < nj * nk; n++) {
    copyBits(bytes, 32 * rowWords * n, out, ni * n, ni);
    if (n % 4096 === 4095) yield;
  }
  return out;
}

/** The row, widened to each of the widths. */
function widen(row: Uint32Array, widths: readonly number[], wide: readonly Uint32Array[]): void {
  let from = row;
  let width = 0;
  for (const [n, wanted] of widths.entries()) {
    const to = wide[n];
    if (wanted === width) to.set(from);
    // What is so wide to at least one side, where the grid ends at the other, leaves no gap when it is moved no farther.
    for (; width < wanted; from = to) {
      const by = Math.min(wanted - width, width + 1);
      spread(from, by, to);
      width += by;
    }
    from = to;
  }
}

/** Adds what is set, moved by so many voxels in either direction. `to` may be `from`. */
function spread(from: Uint32Array, by: number, to: Uint32Array): void {
  const still = from === to ? from.slice() : from;
  const skip = by >>> 5;
  const bits = by & 31;
  const last = still.length - 1;
  for (let w = 0; w <= last; w++) {
    let word = still[w];
    const [low, high] = [w - skip, w + skip];
    if (low >= 0) word |= still[low] << bits;
    if (high <= last) word |= still[high] >>> bits;
    if (bits !== 0) {
      if (low >= 1) word |= still[low - 1] >>> (32 - bits);
      if (high < last) word |= still[high + 1] << (32 - bits);
    }
    to[w] = word;
  }
}
