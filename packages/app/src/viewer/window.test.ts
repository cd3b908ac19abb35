import { expect, test } from "vitest";
import {
  ctPresets,
  defaultWindow,
  describeWindow,
  dragWindow,
  type Intensities,
  looksLikeCt,
  percentileWindow,
  presetsFor,
  presetWindow,
  sampledIntensities,
} from "./window.ts";

const ct: Intensities = { dtype: "int16", range: [-1024, 3071], percentiles: [-900, 400] };
const mr: Intensities = { dtype: "uint16", range: [0, 4000], percentiles: [12, 900] };

test("whole numbers down to air look like CT, others do not", () => {
  expect(looksLikeCt(ct)).toBe(true);
  expect(looksLikeCt({ ...ct, dtype: "float32" })).toBe(false);
  expect(looksLikeCt({ ...ct, range: [-499, 3071] })).toBe(false);
  expect(looksLikeCt(mr)).toBe(false);
});

test("CT opens with soft tissue, MR with its percentiles", () => {
  expect(defaultWindow(ct)).toEqual({ lower: -160, upper: 240 });
  expect(defaultWindow(mr)).toEqual({ lower: 12, upper: 900 });
});

test("the presets are the field's", () => {
  const window = (name: string) => {
    const preset = ctPresets.find((one) => one.name === name);
    return preset && presetWindow(preset);
  };
  expect(window("Lung")).toEqual({ lower: -1350, upper: 150 });
  expect(window("Liver")).toEqual({ lower: 15, upper: 165 });
  expect(window("Bone")).toEqual({ lower: -500, upper: 1500 });
  expect(window("Brain")).toEqual({ lower: 0, upper: 80 });
  expect(presetsFor(mr)).toEqual([]);
});

test("CT stored as float opens with its percentiles and has the presets at hand", () => {
  const floatCt = { ...ct, dtype: "float32" };
  expect(defaultWindow(floatCt)).toEqual({ lower: -900, upper: 400 });
  expect(presetsFor(floatCt)).toBe(ctPresets);
});

test("an image of one value still gets a window with a width", () => {
  expect(percentileWindow({ dtype: "uint8", range: [7, 7], percentiles: [7, 7] })).toEqual({ lower: 6.5, upper: 7.5 });
  expect(percentileWindow({ dtype: "uint8", range: [0, 7], percentiles: [7, 7] })).toEqual({ lower: 0, upper: 7 });
});

test("dragging right widens around the same level, dragging up raises the level", () => {
  const start = { lower: -160, upper: 240 };
  expect(dragWindow(start, ct, 50, 0)).toEqual({ lower: -210, upper: 290 });
  expect(dragWindow(start, ct, 0, -10)).toEqual({ lower: -140, upper: 260 });
});

test("dragging never closes the window", () => {
  const { lower, upper } = dragWindow(
    { lower: 0, upper: 1 },
    { dtype: "float32", range: [0, 1], percentiles: [0, 1] },
    -5000,
    0,
  );
  expect(upper).toBeGreaterThan(lower);
});

test("width and level are told as finely as they need", () => {
  expect(describeWindow({ lower: -160, upper: 240 })).toEqual({ width: "400", level: "40" });
  expect(describeWindow({ lower: 0, upper: 0.5 })).toEqual({ width: "0.500", level: "0.250" });
});

test("a few values tell what kind of scan it is, and which window it opens with", () => {
  const ct = sampledIntensities([40, 30, 20], ([i]) => (i < 20 ? -1000 : 60));
  expect(ct).toEqual({ dtype: "int32", range: [-1000, 60], percentiles: [-1000, 60] });
  expect(sampledIntensities([200, 150, 90], ([i, j, k]) => (i * j * k === 0 ? 0 : 0.5 + i))?.dtype).toBe("float32");
  expect(sampledIntensities([3, 3, 1], () => 0)).toEqual({ dtype: "int32", range: [0, 0], percentiles: [0, 0] });
  expect(sampledIntensities([3, 3, 1], () => Number.NaN)).toBeUndefined();
});
