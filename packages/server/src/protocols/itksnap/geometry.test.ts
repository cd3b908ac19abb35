import { voxelToWorld } from "@septum/volume";
import { describe, expect, test } from "vitest";
import { sentGrid } from "./geometry.ts";

describe("sentGrid()", () => {
  test("reads ITK's axes and origin, which are LPS", () => {
    const { size, affine } = sentGrid({
      dimensions: [5, 6, 7],
      spacing: [0.5, 2, 3],
      origin: [10, -20, 30],
      // j and k swapped, i turned round: row-major.
      direction: [-1, 0, 0, 0, 0, 1, 0, 1, 0],
      components_per_pixel: 1,
      component_type: "float32",
    });
    expect(size).toEqual([5, 6, 7]);
    // LPS [10 - 0.5, -20 + 3 * 3, 30 + 2 * 2] of voxel [1, 2, 3], with x and y turned round.
    expect(voxelToWorld(affine, [1, 2, 3])).toEqual([-9.5, 11, 34]);
  });

  test("takes dimensions alone, as text, as a grid of cubes of 1 mm", () => {
    const { size, affine } = sentGrid('{\n  "dimensions": [5, 6, 7]\n}');
    expect(size).toEqual([5, 6, 7]);
    expect(voxelToWorld(affine, [1, 2, 3])).toEqual([-1, -2, 3]);
  });

  test("makes a slice a volume of one", () => {
    const { size, affine } = sentGrid({ dimensions: [5, 6], spacing: [2, 3], origin: [1, 1], direction: [0, 1, 1, 0] });
    expect(size).toEqual([5, 6, 1]);
    expect(voxelToWorld(affine, [1, 2, 4])).toEqual([-7, -3, 4]);
  });

  test.each([
    ["{", "it is not JSON"],
    [undefined, "it: Invalid input: expected object, received undefined"],
    [{}, "dimensions: Invalid input: expected array, received undefined"],
    [{ dimensions: [5, 0, 7] }, "dimensions.1: Too small: expected number to be >=1"],
    [{ dimensions: [5, 6, 7, 8] }, "dimensions: Too big: expected array to have <=3 items"],
    [{ dimensions: [5, 6, 7], spacing: [1] }, "spacing has 1 numbers, not 3"],
    [{ dimensions: [5, 6, 7], direction: [1, 0, 0, 1] }, "direction has 4 numbers, not 9"],
    [{ dimensions: [5, 6, 7], component_type: "int16" }, 'component_type is "int16", and float32 is expected'],
    [
      { dimensions: [5, 6, 7], components_per_pixel: 3 },
      "components_per_pixel is 3, and images of one value per voxel",
    ],
  ])("refuses %j and says why", (part, message) => {
    expect(() => sentGrid(part)).toThrow(`Cannot use the part metadata: ${message}`);
  });
});
