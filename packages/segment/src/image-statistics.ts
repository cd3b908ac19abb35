import { type Box, boxVoxels, type Volume, type VoxelArray } from "@septum/volume";

const { fround } = Math;

/** Value of a stored number as the reference sees it: scaled, then float32. */
export function scaledValue(volume: Volume, stored: number): number {
  return fround(volume.scaling.slope * stored + volume.scaling.intercept);
}

/** Sum of the values in a box `[i, j, k]`, in double precision. */
export function sumValues(volume: Volume, box: Box): number {
  const { slope, intercept } = volume.scaling;
  return eachRow(volume, box, (data, from, to) => {
    let sum = 0;
    for (let n = from; n < to; n++) sum += fround(slope * data[n] + intercept);
    return sum;
  });
}

/**
 * Mean and unbiased standard deviation of a box `[i, j, k]`, in double precision, then rounded to float32 (spec §4.2).
 *
 * `wholeCounts` says how often each stored number of 8 or 16 bits occurs in the whole volume, when that is known.
 */
export function meanAndStd(volume: Volume, box: Box, wholeCounts?: Float64Array): { mean: number; std: number } {
  const { data } = volume;
  if (data.BYTES_PER_ELEMENT > 2) return fromValues(volume, box);
  const counts = boxVoxels(box) === data.length ? wholeCounts : undefined;
  return fromCounts(volume, box, counts ?? countsOf(volume, box));
}

/** Counting each of the at most 65536 stored numbers once is exact and needs one pass. */
function countsOf(volume: Volume, box: Box): Uint32Array {
  const counts = new Uint32Array(65536);
  // Negative numbers wrap round to the upper half.
  eachRow(volume, box, (data, from, to) => {
    for (let n = from; n < to; n++) counts[data[n] & 0xffff]++;
    return 0;
  });
  return counts;
}

function fromCounts(volume: Volume, box: Box, counts: Uint32Array | Float64Array): { mean: number; std: number } {
  const signed = volume.data instanceof Int16Array || volume.data instanceof Int8Array;
  const values = Float64Array.from({ length: counts.length }, (_, code) =>
    scaledValue(volume, signed && code > 32767 ? code - 65536 : code),
  );
  const voxels = boxVoxels(box);
  let sum = 0;
  for (let code = 0; code < counts.length; code++) if (counts[code] > 0) sum += counts[code] * values[code];
  const mean = sum / voxels;
  let squares = 0;
  for (let code = 0; code < counts.length; code++) {
    if (counts[code] > 0) squares += counts[code] * (values[code] - mean) * (values[code] - mean);
  }
  return { mean: fround(mean), std: fround(Math.sqrt(squares / (voxels - 1))) };
}

function fromValues(volume: Volume, box: Box): { mean: number; std: number } {
  const { slope, intercept } = volume.scaling;
  const voxels = boxVoxels(box);
  const mean = sumValues(volume, box) / voxels;
  const squares = eachRow(volume, box, (data, from, to) => {
    let sum = 0;
    for (let n = from; n < to; n++) {
      const difference = fround(slope * data[n] + intercept) - mean;
      sum += difference * difference;
    }
    return sum;
  });
  return { mean: fround(mean), std: fround(Math.sqrt(squares / (voxels - 1))) };
}

/** Adds up what `row` gives for each row of a box: rows first, then planes, so that rounding stays small. */
function eachRow(volume: Volume, box: Box, row: (data: VoxelArray, from: number, to: number) => number): number {
  const { data, size } = volume;
  let total = 0;
  for (let k = box[2][0]; k < box[2][1]; k++) {
    let plane = 0;
    for (let j = box[1][0]; j < box[1][1]; j++) {
      const start = size[0] * (j + size[1] * k);
      plane += row(data, start + box[0][0], start + box[0][1]);
    }
    total += plane;
  }
  return total;
}
