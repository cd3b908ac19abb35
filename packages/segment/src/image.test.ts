import { type Vec3, type Volume, type VoxelArray, volumeStatistics } from "@septum/volume";
import { describe, expect, test } from "vitest";
import { prepareImage } from "./image.ts";

const oblique = [0.9, 0.1, 0, -4, -0.1, 1.1, 0, 7, 0, 0, 2.5, 3, 0, 0, 0, 1];

function volume(data: VoxelArray, size: Vec3, slope = 1, intercept = 0): Volume {
  return { data, size, affine: oblique, scaling: { slope, intercept } };
}

describe("prepareImage()", () => {
  test("takes the unbiased deviation of the nonzero box, interior zeros included", () => {
    // One plane of zeros on either side of [1, 2, 0, 3, 4, 2].
    const data = Int16Array.from([0, 0, 0, 0, 0, 0, 1, 2, 0, 3, 4, 2, 0, 0, 0, 0, 0, 0]);
    const { box, mean, std } = prepareImage(volume(data, [3, 2, 3]));
    expect(box).toEqual([
      [0, 3],
      [0, 2],
      [1, 2],
    ]);
    expect(mean).toBe(2);
    expect(std).toBe(Math.fround(Math.sqrt(10 / 5)));
  });

  test("gives the same from counts of the whole volume, also where the nonzero box is a part of it", () => {
    const whole = volume(Int16Array.from([-5, 2, 2, 900, 0, -1]), [3, 2, 1]);
    const part = volume(Uint8Array.from([0, 0, 1, 7, 0, 9]), [1, 2, 3]);
    for (const image of [whole, part]) {
      expect(prepareImage(image, volumeStatistics(image).counts)).toEqual(prepareImage(image));
    }
  });

  test("gives 1.2909944 for 1, 2, 3, 4, in every dtype", () => {
    for (const make of [
      Int8Array,
      Uint8Array,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
    ]) {
      const { mean, std } = prepareImage(volume(make.from([1, 2, 3, 4]), [4, 1, 1]));
      expect([mean, std]).toEqual([2.5, Math.fround(1.2909944487358056)]);
    }
  });

  test("reads negative numbers of each width as they are", () => {
    for (const make of [Int8Array, Int16Array, Int32Array, Float32Array]) {
      expect(prepareImage(volume(make.from([-100, -50, 20, 2]), [2, 2, 1])).mean).toBe(-32);
    }
    expect(prepareImage(volume(Uint16Array.from([65535, 65533]), [2, 1, 1])).mean).toBe(65534);
  });

  test("applies the scaling first", () => {
    const { box, mean, std } = prepareImage(volume(Uint8Array.from([10, 10, 12, 14, 10, 10]), [6, 1, 1], 0.5, -5));
    expect(box).toEqual([
      [2, 4],
      [0, 1],
      [0, 1],
    ]);
    expect(mean).toBe(1.5);
    expect(std).toBe(Math.fround(Math.SQRT1_2));
  });

  test("counts a plane whose values cancel as empty", () => {
    const { box } = prepareImage(volume(Float32Array.from([-3, 3, 1, 2]), [2, 2, 1]));
    expect(box).toEqual([
      [0, 2],
      [1, 2],
      [0, 1],
    ]);
  });

  test("refuses an image of zeros", () => {
    expect(() => prepareImage(volume(new Int16Array(24), [2, 3, 4]))).toThrow(
      "Cannot segment this image: every voxel is zero",
    );
  });

  test("refuses a constant image and a single voxel", () => {
    expect(() => prepareImage(volume(new Int16Array(24).fill(7), [2, 3, 4]))).toThrow(
      "Cannot segment this image: its nonzero part has the value 7 everywhere, so there is no contrast to see",
    );
    expect(() => prepareImage(volume(new Uint8Array(24).fill(9, 5, 6), [2, 3, 4]))).toThrow(
      "Cannot segment this image: only one voxel is not zero, so there is no contrast to see",
    );
  });

  test("refuses voxels that are not finite and says where", () => {
    const data = Float32Array.from({ length: 24 }, (_, n) => n);
    data[17] = NaN;
    expect(() => prepareImage(volume(data, [2, 3, 4]))).toThrow(
      "Cannot segment this image: 1 of its voxels is not a finite number, the first at voxel [1, 2, 2]",
    );
    data[3] = Infinity;
    expect(() => prepareImage(volume(data, [2, 3, 4]))).toThrow(
      "Cannot segment this image: 2 of its voxels are not finite numbers, the first at voxel [1, 1, 0]",
    );
    expect(() => prepareImage(volume(Float64Array.from([1, 1e300]), [2, 1, 1]))).toThrow("not a finite number");
  });
});
