import type { Volume } from "./volume.ts";

/** What the values of a volume are like, all after scaling. */
export interface VolumeStatistics {
  /** Least and largest finite value; `[0, 0]` when there is none. */
  readonly range: readonly [min: number, max: number];
  /** 0.5 and 99.5 percentiles of the finite values that are not zero; the range when there are none. */
  readonly window: readonly [low: number, high: number];
  /** Voxels that are NaN or infinite. */
  readonly nonFinite: number;
  readonly allZero: boolean;
  /** Every finite voxel has the same value. */
  readonly constant: boolean;
}

/** Voxels looked at between two steps: a few milliseconds of work. */
const chunkVoxels = 2 ** 20;

const lowPercentile = 0.005;
const highPercentile = 0.995;

/** `volumeStatisticsSteps` in one go. */
export function volumeStatistics(volume: Volume): VolumeStatistics {
  const steps = volumeStatisticsSteps(volume);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/**
 * Range, window and odd values of a volume. Stops every few milliseconds, yielding the fraction done, so that the caller
 * can look for an abort. Takes 1 MiB at most, whatever the volume.
 *
 * The percentiles are values of the volume (the lower neighbour, no interpolation), found by counting: exact for integers
 * of 8 and 16 bits, to float32 precision for the rest.
 */
export function* volumeStatisticsSteps(volume: Volume): Generator<number, VolumeStatistics, undefined> {
  const { data } = volume;
  if (data.BYTES_PER_ELEMENT <= 2) return yield* statisticsOfCounts(volume);
  return yield* statisticsOfWide(volume);
}

/** Counts every stored number there can be, then looks at the counts only. */
function* statisticsOfCounts({ data, scaling }: Volume): Generator<number, VolumeStatistics, undefined> {
  const counts = new Float64Array(2 ** 16);
  for (let start = 0; start < data.length; start += chunkVoxels) {
    const end = Math.min(start + chunkVoxels, data.length);
    for (let n = start; n < end; n++) counts[data[n] & 0xffff]++;
    yield end / data.length;
  }
  const signed = data instanceof Int8Array || data instanceof Int16Array;
  const values: { value: number; count: number }[] = [];
  counts.forEach((count, bits) => {
    const stored = signed && bits > 0x7fff ? bits - 0x10000 : bits;
    if (count > 0) values.push({ value: scaling.slope * stored + scaling.intercept, count });
  });
  values.sort((a, b) => a.value - b.value);
  const min = values[0].value;
  const max = values[values.length - 1].value;

  const nonZero = values.filter(({ value }) => value !== 0);
  const total = nonZero.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return describe(min, max, 0);
  const nonZeroCounts = nonZero.map(({ count }) => count);
  const percentile = (fraction: number) => nonZero[locate(nonZeroCounts, rankOf(fraction, total)).bin].value;
  return describe(min, max, 0, percentile(lowPercentile), percentile(highPercentile));
}

/**
 * Sorts float32 bit patterns without keeping them: the first pass counts their upper halves, the second counts the lower
 * halves of those two that hold the percentiles.
 */
function* statisticsOfWide({ data, scaling }: Volume): Generator<number, VolumeStatistics, undefined> {
  const { slope, intercept } = scaling;
  const asFloat = new Float32Array(1);
  const asBits = new Uint32Array(asFloat.buffer);
  const upper = new Float64Array(2 ** 16);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let finite = 0;
  let total = 0;
  for (let start = 0; start < data.length; start += chunkVoxels) {
    const end = Math.min(start + chunkVoxels, data.length);
    for (let n = start; n < end; n++) {
      const value = slope * data[n] + intercept;
      if (value - value !== 0) continue;
      finite++;
      if (value < min) min = value;
      if (value > max) max = value;
      if (value === 0) continue;
      total++;
      asFloat[0] = value;
      upper[orderedBits(asBits[0]) >>> 16]++;
    }
    yield end / data.length / 2;
  }
  const low = locate(upper, rankOf(lowPercentile, total));
  const high = locate(upper, rankOf(highPercentile, total));

  const lowCounts = new Uint32Array(2 ** 16);
  const highCounts = new Uint32Array(2 ** 16);
  for (let start = 0; start < data.length && total > 0; start += chunkVoxels) {
    const end = Math.min(start + chunkVoxels, data.length);
    for (let n = start; n < end; n++) {
      const value = slope * data[n] + intercept;
      if (value - value !== 0 || value === 0) continue;
      asFloat[0] = value;
      const bits = orderedBits(asBits[0]);
      if (bits >>> 16 === low.bin) lowCounts[bits & 0xffff]++;
      if (bits >>> 16 === high.bin) highCounts[bits & 0xffff]++;
    }
    yield 0.5 + end / data.length / 2;
  }
  const percentile = (half: Located, counts: Uint32Array) => {
    asBits[0] = fromOrderedBits(((half.bin << 16) | locate(counts, half.rest).bin) >>> 0);
    // A float64 can lie between float32 numbers, or beyond them all.
    return Math.min(max, Math.max(min, asFloat[0]));
  };
  const nonFinite = data.length - finite;
  if (finite === 0) return describe(0, 0, nonFinite);
  if (total === 0) return describe(min, max, nonFinite);
  return describe(min, max, nonFinite, percentile(low, lowCounts), percentile(high, highCounts));
}

interface Located {
  readonly bin: number;
  /** Rank among those in the bin. */
  readonly rest: number;
}

function locate(counts: ArrayLike<number>, rank: number): Located {
  let rest = rank;
  for (let bin = 0; bin < counts.length; bin++) {
    if (rest < counts[bin]) return { bin, rest };
    rest -= counts[bin];
  }
  return { bin: counts.length - 1, rest: 0 };
}

/** Bits of a float32, changed so that they grow with it as an unsigned integer. */
function orderedBits(bits: number): number {
  return (bits & 0x80000000 ? ~bits : bits | 0x80000000) >>> 0;
}

function fromOrderedBits(ordered: number): number {
  return (ordered & 0x80000000 ? ordered ^ 0x80000000 : ~ordered) >>> 0;
}

function rankOf(fraction: number, total: number): number {
  return Math.max(0, Math.floor(fraction * (total - 1)));
}

function describe(min: number, max: number, nonFinite: number, low = min, high = max): VolumeStatistics {
  return {
    range: [min, max],
    window: [low, high],
    nonFinite,
    allZero: min === 0 && max === 0 && nonFinite === 0,
    constant: min === max,
  };
}
