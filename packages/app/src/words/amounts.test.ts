import { expect, test } from "vitest";
import {
  bytesText,
  countText,
  deviceText,
  durationText,
  millilitres,
  spacingText,
  valueText,
  volumeText,
} from "./amounts.ts";

test("volumes have three figures", () => {
  expect(volumeText(41_692, [3, 3, 3])).toBe("1,126 mL");
  expect(volumeText(1839, [3, 3, 3])).toBe("49.7 mL");
  expect(volumeText(1000, [1, 1, 2.5])).toBe("2.50 mL");
  expect(volumeText(31, [1, 1, 1])).toBe("0.031 mL");
  expect(volumeText(0, [1, 1, 1])).toBe("0 mL");
});

test("a millilitre is a thousand cubic millimetres", () => {
  expect(millilitres(500, [0.5, 0.5, 8])).toBe(1);
});

test("counts, bytes, spacing and values read well", () => {
  expect([countText(1), countText(41_692)]).toEqual(["1 voxel", "41,692 voxels"]);
  expect([bytesText(0), bytesText(999), bytesText(1_250), bytesText(123_456_789), bytesText(2_500_000_000)]).toEqual([
    "0 B",
    "999 B",
    "1.3 kB",
    "123 MB",
    "2.5 GB",
  ]);
  expect(spacingText([0.78125, 0.78125, 5])).toBe("0.781 × 0.781 × 5 mm");
  expect([valueText(-1024), valueText(0.123456), valueText(12345.678)]).toEqual(["-1024", "0.1235", "12346"]);
});

test("times are as exact as a clock on the wall", () => {
  expect([0.2, 2.7, 99, 100, 3540, 3600, 3900].map(durationText)).toEqual([
    "1 s",
    "3 s",
    "99 s",
    "2 min",
    "59 min",
    "1 h",
    "1 h 5 min",
  ]);
});

test("devices are named as people write them", () => {
  expect(["cpu", "cuda", "webgpu", "CPU, 2 threads"].map(deviceText)).toEqual([
    "CPU",
    "CUDA",
    "WebGPU",
    "CPU, 2 threads",
  ]);
});
