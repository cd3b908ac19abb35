import fc from "fast-check";
import { expect, test } from "vitest";
import { type Scaling, type Volume, type VoxelArray, volumeStatistics, volumeStatisticsSteps } from "./index.ts";

const identity: Scaling = { slope: 1, intercept: 0 };

function volumeOf(data: VoxelArray, scaling = identity): Volume {
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  return { data, size: [data.length, 1, 1], affine, scaling };
}

/** The same by sorting. */
function plainly({ data, scaling }: Volume) {
  const values = Array.from(data, (stored) => scaling.slope * stored + scaling.intercept);
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  const nonZero = finite.filter((value) => value !== 0);
  const at = (fraction: number) => nonZero[Math.floor(fraction * (nonZero.length - 1))];
  const range = finite.length > 0 ? [finite[0], finite[finite.length - 1]] : [0, 0];
  return {
    range,
    window: nonZero.length > 0 ? [at(0.005), at(0.995)] : range,
    nonFinite: values.length - finite.length,
  };
}

/** Half and four times the number are float32 numbers too. */
function keepsScaled(value: number): boolean {
  return value === 0 || (Math.abs(value) > 1e-30 && Math.abs(value) < 1e30);
}

test.each([
  ["int8", Int8Array, fc.integer({ min: -128, max: 127 })],
  ["uint8", Uint8Array, fc.integer({ min: 0, max: 255 })],
  ["int16", Int16Array, fc.integer({ min: -32768, max: 32767 })],
  ["uint16", Uint16Array, fc.integer({ min: 0, max: 65535 })],
  // Up to 2²⁴, which float32 holds exactly.
  ["int32", Int32Array, fc.integer({ min: -(2 ** 24), max: 2 ** 24 })],
  ["uint32", Uint32Array, fc.integer({ min: 0, max: 2 ** 24 })],
  ["float32", Float32Array, fc.oneof(fc.float().filter(keepsScaled), fc.constantFrom(Number.NaN, Infinity, -Infinity))],
] as const)("volumeStatistics() of %s voxels equals sorting them", (_name, array, value) => {
  const stored = fc.array(fc.oneof(value, fc.constant(0)), { minLength: 1, maxLength: 1200 });
  fc.assert(
    fc.property(stored, fc.constantFrom(1, -1, 0.5, -4), (values, slope) => {
      const volume = volumeOf(array.from(values), { slope, intercept: 0 });
      const plain = plainly(volume);
      // -0 and 0 are one value here.
      const found = volumeStatistics(volume);
      const same = (a: readonly number[], b: readonly number[]) => a.every((number, n) => number === b[n]);
      expect(same(found.range, plain.range), `${found.range} for ${plain.range}`).toBe(true);
      expect(same(found.window, plain.window.map(Math.fround)), `${found.window} for ${plain.window}`).toBe(true);
      expect(found.nonFinite).toBe(plain.nonFinite);
    }),
  );
});

test("volumeStatistics() applies the scaling before it asks what is zero", () => {
  const air = new Int16Array(1000).fill(0);
  air[0] = 1024;
  air[1] = 2048;
  const { range, window } = volumeStatistics(volumeOf(air, { slope: 1, intercept: -1024 }));
  expect(range).toEqual([-1024, 1024]);
  expect(window).toEqual([-1024, -1024]);
});

test("volumeStatistics() keeps one huge voxel out of the window and NaN out of everything", () => {
  const data = Float64Array.from({ length: 1000 }, (_, n) => n / 8);
  data[500] = 1e300;
  data[501] = Number.NaN;
  data[502] = Number.NEGATIVE_INFINITY;
  const found = volumeStatistics(volumeOf(data));
  expect(found.range).toEqual([0, 1e300]);
  expect(found.nonFinite).toBe(2);
  expect(found.window).toEqual([5 / 8, 995 / 8]);
});

test("volumeStatistics() tells constant, empty and all-NaN volumes", () => {
  const allZero = volumeStatistics(volumeOf(new Uint8Array(60)));
  expect(allZero).toMatchObject({ range: [0, 0], window: [0, 0], nonFinite: 0, allZero: true, constant: true });
  expect(allZero.counts?.[0]).toBe(60);
  const constant = volumeStatistics(volumeOf(new Float32Array(60).fill(-7)));
  expect(constant).toEqual({ range: [-7, -7], window: [-7, -7], nonFinite: 0, allZero: false, constant: true });
  const nothing = volumeStatistics(volumeOf(new Float32Array(60).fill(Number.NaN)));
  expect(nothing).toEqual({ range: [0, 0], window: [0, 0], nonFinite: 60, allZero: false, constant: true });
});

test.each([Int16Array, Float32Array])("volumeStatisticsSteps() pauses on the way, saying how far it is", (array) => {
  const steps: number[] = [];
  const running = volumeStatisticsSteps(volumeOf(new array(300_000).fill(3)));
  for (let step = running.next(); !step.done; step = running.next()) steps.push(step.value);
  expect(steps.length).toBeGreaterThan(4);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  expect(steps[steps.length - 1]).toBe(1);
});
