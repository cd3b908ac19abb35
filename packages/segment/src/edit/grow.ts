import { bitBytes, copyBits, type Vec3 } from "@septum/volume";
import type { MaskBits } from "../mask-delta.ts";
import { ballOf, nearBall } from "./ball.ts";
import { squaredDistances } from "./distance.ts";
import { partOf, reachOf } from "./regions.ts";
import type { Work } from "./work.ts";

/** Most voxels whose distances are held at once: 64 MiB. */
const mostVoxels = 2 ** 24;

/** A voxel at exactly the given distance counts as within it, whatever float32 makes of that. */
const tolerance = 1 + 1e-6;

/** Voxels whose centre lies within `mm` of the centre of one that is set. Nothing is set outside the grid. */
export function grow(mask: MaskBits, spacing: Vec3, mm: number): Work<Uint8Array<ArrayBuffer>> {
  return nearTo(mask, spacing, mm, 1);
}

/**
 * Voxels whose centre lies farther than `mm` from the centre of every one that is not set. What lies outside the grid is not
 * known, and takes nothing away: an object that the scan cuts off stays at its cut.
 */
export function* shrink(mask: MaskBits, spacing: Vec3, mm: number): Work<Uint8Array<ArrayBuffer>> {
  const bits = yield* nearTo(mask, spacing, mm, 0);
  const { size } = mask;
  const voxels = size[0] * size[1] * size[2];
  for (let n = 0; n < bits.length; n++) bits[n] = ~bits[n];
  if (voxels % 8 !== 0) bits[bits.length - 1] &= (1 << (voxels % 8)) - 1;
  return bits;
}

/** Rows of a ball beyond which distances are found sooner. */
const mostBallRows = 1000;

/**
 * Voxels within `mm` of one with this value: by a ball while that is small, else by distances, in slabs of slices that reach so
 * many mm into the next ones, which is all that a distance up to `mm` can depend on.
 */
function* nearTo(mask: MaskBits, spacing: Vec3, mm: number, value: 0 | 1): Work<Uint8Array<ArrayBuffer>> {
  const [ni, nj, nk] = mask.size;
  const plane = ni * nj;
  const reach = Math.min(nk, reachOf(mm, spacing)[2]);
  const inner = Math.max(1, reach, Math.floor(mostVoxels / plane) - 2 * reach);
  const most = mm * mm * tolerance;
  const ball = ballOf(spacing, most);
  if (ball.rows.length <= mostBallRows) return yield* nearBall(mask, ball, value);
  const out = new Uint8Array(bitBytes(plane * nk));
  for (let start = 0; start < nk; start += inner) {
    const stop = Math.min(nk, start + inner);
    const [low, high] = [Math.max(0, start - reach), Math.min(nk, stop + reach)];
    const slab = partOf(mask, [
      [0, ni],
      [0, nj],
      [low, high],
    ]);
    const distances = yield* squaredDistances(slab, spacing, value, most);
    const bits = new Uint8Array(bitBytes(plane * (stop - start)));
    let at = (start - low) * plane;
    for (let byte = 0; byte < bits.length; byte++) {
      let set = 0;
      for (let bit = 0; bit < 8; bit++) if (distances[at++] <= most) set |= 1 << bit;
      bits[byte] = set;
      if (byte % 65536 === 65535) yield;
    }
    copyBits(bits, 0, out, plane * start, plane * (stop - start));
  }
  return out;
}
