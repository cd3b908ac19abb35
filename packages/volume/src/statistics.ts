import type { Volume, VoxelArray } from "./volume.ts";

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
  /** Of values stored in 8 or 16 bits: how many voxels have each, at the index that the bits make as an unsigned number. */
  readonly counts?: Float64Array;
}

/** Voxels looked at between two steps: about a millisecond of work. */
const blockVoxels = 2 ** 16;

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
 * Range, window and odd values of a volume. Stops about every millisecond, yielding the fraction done, so that the
 * caller can look for an abort. Takes less than 2 MiB of its own, whatever the volume.
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
  for (let start = 0; start < data.length; start += blockVoxels) {
    const end = Math.min(start + blockVoxels, data.length);
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
  if (total === 0) return { ...describe(min, max, 0), counts };
  const nonZeroCounts = nonZero.map(({ count }) => count);
  const percentile = (fraction: number) => nonZero[locate(nonZeroCounts, rankOf(fraction, total)).bin].value;
  return { ...describe(min, max, 0, percentile(lowPercentile), percentile(highPercentile)), counts };
}

/**
 * Sorts float32 bit patterns without keeping them: the first pass counts their upper halves, the second counts the lower
 * halves of those two that hold the percentiles.
 */
function* statisticsOfWide({ data, scaling }: Volume): Generator<number, VolumeStatistics, undefined> {
  const { length } = data;
  const block = new Float32Array(blockVoxels);
  const bits = new Int32Array(block.buffer);
  const upper = new Float64Array(2 ** 16);
  const extent = new Float64Array([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]);
  for (let start = 0; start < length; start += blockVoxels) {
    const count = Math.min(blockVoxels, length - start);
    extendExtent(extent, data, start, count, scaling.slope, scaling.intercept);
    scaleInto(block, data, start, count, scaling.slope, scaling.intercept);
    countUpperHalves(bits, count, upper);
    yield (start + count) / length / 2;
  }
  const [min, max, nonFinite] = extent;
  const total = upper.reduce((sum, count) => sum + count, 0);
  if (nonFinite === length) return describe(0, 0, nonFinite);
  if (total === 0) return describe(min, max, nonFinite);

  const low = locate(upper, rankOf(lowPercentile, total));
  const high = locate(upper, rankOf(highPercentile, total));
  const lowCounts = new Float64Array(2 ** 16);
  const highCounts = high.bin === low.bin ? lowCounts : new Float64Array(2 ** 16);
  for (let start = 0; start < length; start += blockVoxels) {
    const count = Math.min(blockVoxels, length - start);
    scaleInto(block, data, start, count, scaling.slope, scaling.intercept);
    countLowerHalves(bits, count, low.bin, lowCounts);
    if (high.bin !== low.bin) countLowerHalves(bits, count, high.bin, highCounts);
    yield 0.5 + (start + count) / length / 2;
  }
  const percentile = (half: Located, counts: Float64Array) => {
    bits[0] = orderedBits(((half.bin - 0x8000) << 16) | locate(counts, half.rest).bin);
    // A float64 can lie between float32 numbers, or beyond them all.
    return Math.min(max, Math.max(min, block[0]));
  };
  return describe(min, max, nonFinite, percentile(low, lowCounts), percentile(high, highCounts));
}

/**
 * Widens `[min, max, how many are not finite]` by the values of `count` voxels from `start` on.
 *
 * It works on the array itself: with locals that are stored after the loop, V8 kept leaving the compiled loop at that
 * store, block after block.
 */
function extendExtent(
  extent: Float64Array,
  data: VoxelArray,
  start: number,
  count: number,
  slope: number,
  intercept: number,
): void {
  for (let n = start; n < start + count; n++) {
    const value = slope * data[n] + intercept;
    if (value < extent[0] && value !== Number.NEGATIVE_INFINITY) extent[0] = value;
    if (value > extent[1] && value !== Number.POSITIVE_INFINITY) extent[1] = value;
    // NaN for an infinity, too.
    if (value - value !== 0) extent[2]++;
  }
}

/** Values as float32; what is not finite becomes NaN, what is too large for float32 an infinity. */
function scaleInto(
  block: Float32Array,
  data: VoxelArray,
  start: number,
  count: number,
  slope: number,
  intercept: number,
): void {
  for (let n = 0; n < count; n++) {
    const value = slope * data[start + n] + intercept;
    block[n] = value + (value - value);
  }
}

function countUpperHalves(bits: Int32Array, count: number, counts: Float64Array): void {
  for (let n = 0; n < count; n++) {
    if (isCounted(bits[n])) counts[upperHalf(orderedBits(bits[n]))]++;
  }
}

function countLowerHalves(bits: Int32Array, count: number, bin: number, counts: Float64Array): void {
  for (let n = 0; n < count; n++) {
    const ordered = orderedBits(bits[n]);
    if (upperHalf(ordered) === bin && isCounted(bits[n])) counts[ordered & 0xffff]++;
  }
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

/** Bits of a float32, changed so that they grow with it as a signed integer; its own inverse. */
function orderedBits(bits: number): number {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

/** Neither NaN nor zero. An infinity here is a float64 too large for float32. */
function isCounted(bits: number): boolean {
  const magnitude = bits & 0x7fffffff;
  return magnitude !== 0 && magnitude <= 0x7f800000;
}

/** From 0 for the lowest numbers up to 65535. */
function upperHalf(ordered: number): number {
  return (ordered >> 16) + 0x8000;
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
