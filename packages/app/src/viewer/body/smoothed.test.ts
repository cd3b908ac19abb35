import { type Box, boxVoxels, type Vec3, wholeBox } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { smoothLabels } from "./smoothed.ts";

const size: Vec3 = [7, 5, 6];
const voxels = boxVoxels(wholeBox(size));
const labelsOf = fc.array(fc.constantFrom(0, 0, 1, 9), { minLength: voxels, maxLength: voxels });
const range = (count: number) =>
  fc.tuple(fc.integer({ min: 0, max: count - 1 }), fc.integer({ min: 1, max: count })).map(([lo, length]) => {
    return [lo, Math.min(count, lo + length)] as const;
  });

test("a part of the cells is smoothed as in the whole", () => {
  fc.assert(
    fc.property(labelsOf, range(size[0]), range(size[1]), range(size[2]), (labels, xs, ys, zs) => {
      const cells = Uint8Array.from(labels);
      const whole = smoothLabels(cells, size, wholeBox(size));
      const box: Box = [xs, ys, zs];
      const part: number[] = [];
      for (let z = zs[0]; z < zs[1]; z++) {
        for (let y = ys[0]; y < ys[1]; y++) {
          for (let x = xs[0]; x < xs[1]; x++) part.push(whole[x + size[0] * (y + size[1] * z)]);
        }
      }
      expect([...smoothLabels(cells, size, box)]).toEqual(part);
    }),
  );
});

test("the surface of a block is between the cells with a label and those without", () => {
  const cells = Uint8Array.from({ length: voxels }, (_, n) => (n % 7 < 3 ? 5 : 0));
  const smoothed = smoothLabels(cells, size, wholeBox(size));
  expect([...smoothed.subarray(0, 7)]).toEqual([255, 255, 170, 85, 0, 0, 0]);
});

test("a sheet, a line and a single cell are seen, and nothing beside them", () => {
  for (const isLabelled of [
    ([, , z]: Vec3) => z === 2,
    ([, y, z]: Vec3) => y === 3 && z === 2,
    ([x, y, z]: Vec3) => x === 4 && y === 3 && z === 2,
  ]) {
    const cells = Uint8Array.from({ length: voxels }, (_, n) => Number(isLabelled(placeOf(n))));
    const smoothed = smoothLabels(cells, size, wholeBox(size));
    expect(smoothed.map((value) => Number(value > 127))).toEqual(cells);
  }
});

function placeOf(n: number): Vec3 {
  return [n % size[0], Math.floor(n / size[0]) % size[1], Math.floor(n / size[0] / size[1])];
}
