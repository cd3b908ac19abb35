import { type PreparedImage, prepareImage } from "@septum/segment";
import { type Box, boxVoxels, type Vec3, type Volume } from "@septum/volume";

/** Voxels that are looked at beforehand to guess the mean. */
const samples = 2 ** 14;

/**
 * The same constants as `prepareImage` of `@septum/segment` (a test holds them equal) in one pass instead of two, and
 * without a call per voxel: 512×512×300 take 0.1 s instead of 3 s, which an upload has to wait for.
 *
 * @throws {SegmentError} `ImageUnusable`, as `prepareImage` does
 */
export function prepareQuickly(volume: Volume): PreparedImage {
  const box = nonzeroBox(volume);
  const voxels = boxVoxels(box);
  // Sums of differences to a number near the mean lose no digits, so that one pass will do.
  const near = sampledMean(volume);
  const { sum, squares } = momentsAbout(near, volume, box);
  const mean = Math.fround(near + sum / voxels);
  const std = Math.fround(Math.sqrt((squares - (sum * sum) / voxels) / (voxels - 1)));
  if (!(Number.isFinite(mean) && Number.isFinite(std) && std > 0)) return prepareImage(volume); // says what is wrong
  return { volume, mean, std, box };
}

function sampledMean({ data, scaling: { slope, intercept } }: Volume): number {
  const step = Math.max(1, Math.floor(data.length / samples));
  let sum = 0;
  let count = 0;
  for (let n = 0; n < data.length; n += step, count++) sum += slope * data[n] + intercept;
  return sum / count;
}

/** Sums of `value - pivot` and of its square over a box, row by row so that rounding stays small. */
function momentsAbout(pivot: number, { data, size, scaling: { slope, intercept } }: Volume, box: Box) {
  let total = 0;
  let totalSquares = 0;
  for (let k = box[2][0]; k < box[2][1]; k++) {
    for (let j = box[1][0]; j < box[1][1]; j++) {
      const row = size[0] * (j + size[1] * k);
      const end = row + box[0][1];
      let sum = 0;
      let squares = 0;
      for (let n = row + box[0][0]; n < end; n++) {
        const value = Math.fround(slope * data[n] + intercept) - pivot;
        sum += value;
        squares += value * value;
      }
      total += sum;
      totalSquares += squares;
    }
  }
  return { sum: total, squares: totalSquares };
}

/** Looks from each face inwards for a plane whose values do not sum to 0 (spec §4.2). Empty when there is none. */
function nonzeroBox(volume: Volume): Box {
  const range = (axis: number) => {
    const length = volume.size[axis];
    let lo = 0;
    while (lo < length && planeSum(volume, axis, lo) === 0) lo++;
    let hi = length;
    while (hi > lo && planeSum(volume, axis, hi - 1) === 0) hi--;
    return [lo, hi] as const;
  };
  return [range(0), range(1), range(2)];
}

function planeSum({ data, size, scaling: { slope, intercept } }: Volume, axis: number, index: number): number {
  const steps: Vec3 = [1, size[0], size[0] * size[1]];
  const [inner, outer] = [0, 1, 2].filter((other) => other !== axis);
  const step = steps[inner];
  let total = 0;
  for (let row = 0; row < size[outer]; row++) {
    let at = index * steps[axis] + row * steps[outer];
    let sum = 0;
    for (let n = 0; n < size[inner]; n++, at += step) sum += Math.fround(slope * data[at] + intercept);
    total += sum;
  }
  return Math.fround(total);
}
