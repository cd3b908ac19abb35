import { describe, expect, test } from "vitest";
import { areaWindows, linearSources, nearestSources } from "./resample.ts";

/** Vectors of the inference spec, appendix B and §6.3. */
describe("nearestSources()", () => {
  test.each([
    [200, 120, 124],
    [224, 54, 62],
    [400, 60, 124],
    [448, 27, 62],
  ])("%i to 192: sample %i comes from %i, by the float32 product", (inputs, sample, source) => {
    expect(nearestSources(inputs, 192)[sample]).toBe(source);
    expect(Math.floor((sample * inputs) / 192)).toBe(source + 1);
  });

  test("stays inside", () => {
    for (let inputs = 193; inputs <= 768; inputs++) expect(nearestSources(inputs, 192)[191]).toBeLessThan(inputs);
  });
});

describe("areaWindows()", () => {
  test("overlap when the ratio is not whole", () => {
    const { lo, hi } = areaWindows(3, 2);
    expect([[...lo], [...hi]]).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test("divide evenly when it is", () => {
    const { lo, hi } = areaWindows(8, 2);
    expect([[...lo], [...hi]]).toEqual([
      [0, 4],
      [4, 8],
    ]);
  });
});

describe("linearSources()", () => {
  const position = (inputs: number, outputs: number, d: number) => {
    const { lower, upperWeight } = linearSources(inputs, outputs);
    return lower[d] + upperWeight[d];
  };

  test("enlarging by 1.5 starts at the edge and meets exact halves", () => {
    expect([0, 1, 4].map((d) => position(192, 288, d))).toEqual([0, 0.5, 2.5]);
  });

  test("reducing by 1.5 and by 4", () => {
    expect([0, 1, 2].map((d) => position(288, 192, d))).toEqual([0.25, 1.75, 3.25]);
    expect([0, 1].map((d) => position(768, 192, d))).toEqual([1.5, 5.5]);
  });

  test("positions are rounded once", () => {
    expect(position(192, 237, 5)).toBe(Math.fround(3.9556963));
    expect(position(192, 237, 5)).not.toBe(Math.fround(3.9556961));
  });

  test("weights add up and the last neighbour stays inside", () => {
    const { lower, upper, lowerWeight, upperWeight } = linearSources(5, 13);
    expect(lower[12]).toBe(4);
    expect(upper[12]).toBe(4);
    for (let d = 0; d < 13; d++) expect(lowerWeight[d] + upperWeight[d]).toBeCloseTo(1, 6);
  });
});
