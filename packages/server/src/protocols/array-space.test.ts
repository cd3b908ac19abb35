import { describe, expect, it } from "vitest";
import { arrayAffine, reversed, reversedBox, wholeVoxels } from "./array-space.ts";

describe("array space", () => {
  it("is voxel space with its axes named backwards", () => {
    expect(reversed([4, 5, 6])).toEqual([6, 5, 4]);
    expect(
      reversedBox([
        [0, 1],
        [2, 4],
        [3, 9],
      ]),
    ).toEqual([
      [3, 9],
      [2, 4],
      [0, 1],
    ]);
  });

  it("has its slowest axis point to the head, and the others to the left and the back of the body", () => {
    expect(arrayAffine([3, 2, 1])).toEqual([-1, 0, 0, 0, 0, -2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1]);
  });
});

describe("wholeVoxels()", () => {
  it.each([
    ["half to even", [0.5, 2.5], [0, 2]],
    ["half to even", [1.5, 3.5], [2, 4]],
    ["to the one voxel it fell on", [5, 5.2], [4, 5]],
    ["to the one voxel it fell on, at the border", [0, 0.4], [0, 1]],
    ["inside", [-2, 4], [0, 4]],
    ["inside", [7, 14], [7, 10]],
    ["to the last voxel", [10, 11], [9, 10]],
    ["to the first voxel", [-3, -2], [0, 1]],
  ])("rounds and clips %s: %j", (_, range, whole) => {
    const rest = [0, 1] as const;
    const [from, to] = range as [number, number];
    expect(wholeVoxels([[from, to], rest, rest], [10, 3, 3])[0]).toEqual(whole);
  });
});
