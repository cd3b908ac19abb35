import { type Box, boxVoxels, type Range, type Vec3, type Volume } from "@septum/volume";
import { SegmentError } from "./errors.ts";
import { meanAndStd, scaledValue, sumValues } from "./image-statistics.ts";

/**
 * An image ready to be segmented: its voxels as they came, and the constants that normalise them (spec §4). Plain data;
 * when the voxels lie in a `SharedArrayBuffer` it can be posted to any number of threads.
 */
export interface PreparedImage {
  readonly volume: Volume;
  /** Of the values inside `box`, interior zeros included; rounded to float32. */
  readonly mean: number;
  /** Unbiased; rounded to float32; greater than 0. */
  readonly std: number;
  /** Nonzero part of the volume, `[i, j, k]`. The image is not cropped to it. */
  readonly box: Box;
}

/**
 * Works out the normalisation of an image. Nothing volume-sized is allocated.
 *
 * `counts`, as `volumeStatistics` of the same volume gives it, saves counting once more when nothing is cut off.
 *
 * Throws `SegmentError` (`ImageUnusable`) for an image that is all zero, constant in its nonzero box, or not finite.
 */
export function prepareImage(volume: Volume, counts?: Float64Array): PreparedImage {
  const box = nonzeroBox(volume);
  if (box === undefined) {
    throw new SegmentError("ImageUnusable", "Cannot segment this image: every voxel is zero");
  }
  const { mean, std } = meanAndStd(volume, box, counts);
  if (!Number.isFinite(mean) || std === Infinity) throw notFinite(volume);
  if (!(std > 0)) {
    const what =
      boxVoxels(box) === 1 ? "only one voxel is not zero" : `its nonzero part has the value ${mean} everywhere`;
    throw new SegmentError("ImageUnusable", `Cannot segment this image: ${what}, so there is no contrast to see`);
  }
  return { volume, mean, std, box };
}

/**
 * Planes whose values sum to 0 count as empty (spec §4.2), also when they cancel; a plane with NaN counts as occupied.
 * Looks from each face inwards, so that a volume without an empty margin costs six planes. Sums are exact to double
 * precision; the reference sums float32 in an order that depends on the processor.
 */
function nonzeroBox(volume: Volume): Box | undefined {
  const ranges = volume.size.map((length, axis) => {
    let lo = 0;
    while (lo < length && planeIsEmpty(volume, axis, lo)) lo++;
    let hi = length;
    while (hi > lo && planeIsEmpty(volume, axis, hi - 1)) hi--;
    return [lo, hi] as const;
  });
  const box: Box = [ranges[0], ranges[1], ranges[2]];
  return ranges.every(([lo, hi]) => hi > lo) ? box : undefined;
}

function planeIsEmpty(volume: Volume, axis: number, index: number): boolean {
  const ranges = volume.size.map((length, a): Range => (a === axis ? [index, index + 1] : [0, length]));
  return Math.fround(sumValues(volume, [ranges[0], ranges[1], ranges[2]])) === 0;
}

function notFinite(volume: Volume): SegmentError {
  let count = 0;
  let first = -1;
  for (let n = 0; n < volume.data.length; n++) {
    if (Number.isFinite(scaledValue(volume, volume.data[n]))) continue;
    if (first < 0) first = n;
    count++;
  }
  const [ni, nj] = volume.size;
  const where: Vec3 = [first % ni, Math.floor(first / ni) % nj, Math.floor(first / (ni * nj))];
  const what =
    count === 0
      ? "its values are too large for single precision"
      : `${count} of its voxels ${count === 1 ? "is not a finite number" : "are not finite numbers"}, the first at voxel [${where.join(", ")}]`;
  return new SegmentError("ImageUnusable", `Cannot segment this image: ${what}`);
}
