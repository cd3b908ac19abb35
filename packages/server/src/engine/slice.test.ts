import type { Vec3, Volume } from "@septum/volume";
import { describe, expect, it } from "vitest";
import { cutSlice } from "./slice.ts";

const size: Vec3 = [3, 4, 5];

/** Stored numbers are `i + 10 j + 50 k`, so that every voxel and every axis shows. */
const volume: Volume = {
  data: Int16Array.from({ length: 60 }, (_, n) => (n % 3) + 10 * (Math.floor(n / 3) % 4) + 50 * Math.floor(n / 12)),
  size,
  affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  scaling: { slope: 1, intercept: 0 },
};

/** Maps value v to grey v. */
const window = { width: 255, level: 127.5 };

describe("cutSlice()", () => {
  it("has rows along the first remaining axis and columns along the second", () => {
    const sagittal = cutSlice(volume, { axis: 0, index: 2, window });
    expect([sagittal.rows, sagittal.columns]).toEqual([4, 5]);
    expect(sagittal.data[3 * 5 + 4]).toBe(2 + 30 + 200);

    const coronal = cutSlice(volume, { axis: 1, index: 3, window });
    expect([coronal.rows, coronal.columns]).toEqual([3, 5]);
    expect(coronal.data[2 * 5 + 1]).toBe(2 + 30 + 50);

    const axial = cutSlice(volume, { axis: 2, index: 1, window });
    expect([axial.rows, axial.columns]).toEqual([3, 4]);
    expect([...axial.data.subarray(0, 5)]).toEqual([50, 60, 70, 80, 51]);
  });

  it("clips values outside the window, which is in values after scaling", () => {
    const scaled = { ...volume, scaling: { slope: 2, intercept: -100 } };
    const { data } = cutSlice(scaled, { axis: 2, index: 1, window: { width: 40, level: 20 } });
    // values 0, 20, 40, 60 in row i = 0
    expect([...data.subarray(0, 4)]).toEqual([0, 128, 255, 255]);
  });

  it("refuses a slice outside the volume, saying which there are", () => {
    expect(() => cutSlice(volume, { axis: 1, index: 4, window })).toThrow(
      "Cannot cut slice 4 of axis 1: the volume has slices 0 to 3 there",
    );
  });
});
