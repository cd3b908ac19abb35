import { readBits, type Vec3 } from "@septum/volume";
import type { MaskBits } from "../mask-delta.ts";
import type { Work } from "./work.ts";

/** Farther than anything in a volume; still finite, so that the arithmetic below stays simple. */
export const farAway = 2 ** 60;

/** Columns handled together: as many floats as lie on one line of the processor's cache. */
const together = 16;

/** So many voxels on each side are looked at one by one faster than by parabolas. */
const fewVoxels = 12;

/**
 * Squared distance in mm of every voxel's centre to the nearest one with this value, `farAway` where there is none; float32,
 * `i` fastest. Exact up to the rounding of float32. Distances beyond `most` may be given as any that are, too.
 *
 * One axis after the other: along each line the least of parabolas (Felzenszwalb and Huttenlocher, 2012), or, where `most` is
 * only some voxels away, of those few.
 */
export function* squaredDistances(
  mask: MaskBits,
  spacing: Vec3,
  value: 0 | 1,
  most = farAway,
): Work<Float32Array<ArrayBuffer>> {
  const [ni, nj, nk] = mask.size;
  const distances = new Float32Array(ni * nj * nk);
  const words = new Uint32Array(Math.ceil(ni / 32));
  for (let row = 0; row < nj * nk; row++) {
    readBits(mask.bits, ni * row, ni, words);
    const alike = alikeIn(words, ni);
    if (alike === undefined) distancesOfRow(words, ni, spacing[0], value, distances, ni * row);
    else if (alike !== value) distances.fill(farAway, ni * row, ni * row + ni);
    if (row % 1024 === 1023) yield;
  }
  if (nj > 1) {
    const lines = linesOf(nj, spacing[1], most);
    for (let k = 0; k < nk; k++) {
      for (let i = 0; i < ni; i += together) lines(distances, ni * nj * k + i, ni, Math.min(together, ni - i));
      yield;
    }
  }
  if (nk > 1) {
    const lines = linesOf(nk, spacing[2], most);
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i += together) lines(distances, i + ni * j, ni * nj, Math.min(together, ni - i));
      yield;
    }
  }
  return distances;
}

/** What all bits of a row are; undefined when they differ. The last word is filled up with zeros. */
function alikeIn(words: Uint32Array, length: number): 0 | 1 | undefined {
  const first = words[0] & 1;
  const whole = length >>> 5;
  for (let n = 0; n < whole; n++) if (words[n] !== (first === 1 ? 0xffffffff : 0)) return undefined;
  const rest = length & 31;
  if (rest !== 0 && words[whole] !== (first === 1 ? 2 ** rest - 1 : 0)) return undefined;
  return first === 1 ? 1 : 0;
}

function distancesOfRow(
  words: Uint32Array,
  length: number,
  step: number,
  value: 0 | 1,
  out: Float32Array,
  at: number,
): void {
  let away = Number.POSITIVE_INFINITY;
  for (let i = 0; i < length; i++) {
    away = ((words[i >>> 5] >>> (i & 31)) & 1) === value ? 0 : away + step;
    out[at + i] = away;
  }
  away = Number.POSITIVE_INFINITY;
  for (let i = length - 1; i >= 0; i--) {
    const before = out[at + i];
    away = before === 0 ? 0 : away + step;
    const least = Math.min(away, before);
    out[at + i] = least === Number.POSITIVE_INFINITY ? farAway : least * least;
  }
}

/** For lines of this length: replaces `count` neighbouring lines by their distances along them, too. */
function linesOf(length: number, step: number, most: number) {
  const line = new Float64Array(length);
  const tile = new Float32Array(length * together);
  /** Where the parabolas of the envelope have their feet, and from where on each is the least. */
  const feet = new Int32Array(length);
  const from = new Float64Array(length + 1);
  const squaredStep = step * step;
  const perStep = 1 / (2 * squaredStep);

  /** Voxels that can matter, in each direction. */
  const reach = Math.min(length - 1, Math.floor(Math.sqrt(most) / step));

  /** What lies in the tile, with no more than `reach` voxels looked at on each side. */
  function nearby(data: Float32Array, at: number, stride: number, count: number): void {
    for (let n = 0; n < length; n++) {
      const [before, after] = [Math.min(reach, n), Math.min(reach, length - 1 - n)];
      for (let c = 0; c < count; c++) {
        let best = tile[n * together + c];
        if (best === 0) continue;
        for (let d = 1; d <= reach; d++) {
          const away = d * d * squaredStep;
          if (away >= best) break;
          if (d <= before) best = Math.min(best, tile[(n - d) * together + c] + away);
          if (d <= after) best = Math.min(best, tile[(n + d) * together + c] + away);
        }
        data[at + n * stride + c] = best;
      }
    }
  }

  return (data: Float32Array, at: number, stride: number, count: number): void => {
    let nearest = farAway;
    let farthest = 0;
    for (let n = 0; n < length; n++) {
      for (let c = 0; c < count; c++) {
        const value = data[at + n * stride + c];
        tile[n * together + c] = value;
        nearest = Math.min(nearest, value);
        farthest = Math.max(farthest, value);
      }
    }
    if (nearest > most || farthest === 0) return;
    if (reach <= fewVoxels) {
      nearby(data, at, stride, count);
      return;
    }
    for (let c = 0; c < count; c++) {
      let top = -1;
      for (let n = 0; n < length; n++) {
        const value = tile[n * together + c];
        line[n] = value;
        // Farther than matters already, and it will not come nearer.
        if (value > most || value >= farAway) continue;
        // Those at the ends of a stretch of zeros are nearer to all that lies beside it.
        if (value === 0 && n > 0 && line[n - 1] === 0 && n + 1 < length && tile[(n + 1) * together + c] === 0) continue;
        let cross = Number.NEGATIVE_INFINITY;
        while (top >= 0) {
          const foot = feet[top];
          cross = ((value - line[foot]) * perStep + (n * n - foot * foot) / 2) / (n - foot);
          if (cross > from[top]) break;
          top--;
        }
        if (top < 0) cross = Number.NEGATIVE_INFINITY;
        feet[++top] = n;
        from[top] = cross;
      }
      if (top < 0) continue;
      from[top + 1] = Number.POSITIVE_INFINITY;
      for (let n = 0, parabola = 0; n < length; n++) {
        if (line[n] === 0) continue;
        while (from[parabola + 1] < n) parabola++;
        const foot = feet[parabola];
        tile[n * together + c] = line[foot] + (n - foot) * (n - foot) * squaredStep;
      }
    }
    for (let n = 0; n < length; n++) {
      for (let c = 0; c < count; c++) data[at + n * stride + c] = tile[n * together + c];
    }
  };
}
