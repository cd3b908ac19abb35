import { readBits, type Vec3 } from "@septum/volume";
import type { MaskBits } from "../mask-delta.ts";
import type { Work } from "./work.ts";

/** Farther than anything in a volume; still finite, so that the arithmetic below stays simple. */
export const farAway = 2 ** 60;

/** Columns handled together: as many floats as lie on one line of the processor's cache. */
const together = 16;

/**
 * Squared distance in mm of every voxel's centre to the nearest one with this value, `farAway` where there is none; float32,
 * `i` fastest. Exact up to the rounding of float32.
 *
 * One axis after the other: along each line the least of parabolas (Felzenszwalb and Huttenlocher, 2012).
 */
export function* squaredDistances(mask: MaskBits, spacing: Vec3, value: 0 | 1): Work<Float32Array<ArrayBuffer>> {
  const [ni, nj, nk] = mask.size;
  const distances = new Float32Array(ni * nj * nk);
  const words = new Uint32Array(Math.ceil(ni / 32));
  for (let row = 0; row < nj * nk; row++) {
    readBits(mask.bits, ni * row, ni, words);
    distancesOfRow(words, ni, spacing[0], value, distances, ni * row);
    if (row % 1024 === 1023) yield;
  }
  if (nj > 1) {
    const lines = linesOf(nj, spacing[1]);
    for (let k = 0; k < nk; k++) {
      for (let i = 0; i < ni; i += together) lines(distances, ni * nj * k + i, ni, Math.min(together, ni - i));
      yield;
    }
  }
  if (nk > 1) {
    const lines = linesOf(nk, spacing[2]);
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i += together) lines(distances, i + ni * j, ni * nj, Math.min(together, ni - i));
      yield;
    }
  }
  return distances;
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
function linesOf(length: number, step: number) {
  const line = new Float64Array(length);
  const tile = new Float32Array(length * together);
  /** Where the parabolas of the envelope have their feet, and from where on each is the least. */
  const feet = new Int32Array(length);
  const from = new Float64Array(length + 1);
  const squaredStep = step * step;
  const perStep = 1 / (2 * squaredStep);

  return (data: Float32Array, at: number, stride: number, count: number): void => {
    for (let n = 0; n < length; n++) {
      for (let c = 0; c < count; c++) tile[n * together + c] = data[at + n * stride + c];
    }
    for (let c = 0; c < count; c++) {
      let top = -1;
      let alike = true;
      for (let n = 0; n < length; n++) {
        const value = tile[n * together + c];
        line[n] = value;
        if (value !== 0) alike = false;
        if (value >= farAway) continue;
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
      if (top < 0 || alike) continue;
      from[top + 1] = Number.POSITIVE_INFINITY;
      for (let n = 0, parabola = 0; n < length; n++) {
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
