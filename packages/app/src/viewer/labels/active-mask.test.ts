import { type Box, bitsBoundingBox, boxVoxels, getBit, packBits, type Vec3 } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createActiveMask } from "./active-mask.ts";

const size: Vec3 = [37, 5, 6];
const range = (n: number) =>
  fc.tuple(fc.nat(n - 1), fc.nat(n - 1)).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
const parts: fc.Arbitrary<Box> = fc.tuple(range(37), range(5), range(6));
const writes = fc.array(fc.tuple(parts, fc.integer({ min: 1, max: 5 })), { maxLength: 6 });
const touches = fc.array(fc.tuple(fc.nat(36), fc.nat(4), fc.nat(5), fc.boolean()), { maxLength: 20 });

test("masks of any boxes and single voxels land where they belong, and are counted as they are", () => {
  fc.assert(
    fc.property(writes, touches, (boxes, voxels) => {
      const mask = createActiveMask(size, 7);
      const expected = new Uint8Array(37 * 5 * 6);
      for (const [box, every] of boxes) {
        const given = Uint8Array.from({ length: boxVoxels(box) }, (_, n) => (n % every === 0 ? 1 : 0));
        mask.write(box, packBits(given));
        let n = 0;
        for (let k = box[2][0]; k < box[2][1]; k++)
          for (let j = box[1][0]; j < box[1][1]; j++)
            for (let i = box[0][0]; i < box[0][1]; i++) expected[i + 37 * (j + 5 * k)] = given[n++];
      }
      for (const [i, j, k, on] of voxels) {
        mask.set(i, j, k, on);
        expected[i + 37 * (j + 5 * k)] = on ? 1 : 0;
        expect(mask.has(i, j, k)).toBe(on);
      }
      expect([...expected.keys()].map((at) => getBit(mask.bits, at))).toEqual([...expected]);
      const slices = size.map((length) => new Array<number>(length).fill(0));
      for (const [at, on] of expected.entries()) {
        slices[0][at % 37] += on;
        slices[1][Math.floor(at / 37) % 5] += on;
        slices[2][Math.floor(at / 37 / 5)] += on;
      }
      expect(mask.tally.slices.map((counts) => [...counts])).toEqual(slices);
      expect(mask.tally.voxels).toBe(expected.filter((on) => on === 1).length);
      expect(mask.extent).toEqual(bitsBoundingBox(mask.bits, size));
    }),
  );
});

test("a box can be written slice by slice", () => {
  const box: Box = [
    [3, 36],
    [1, 4],
    [0, 6],
  ];
  const given = packBits(Uint8Array.from({ length: boxVoxels(box) }, (_, n) => (n % 3 === 0 ? 1 : 0)));
  const whole = createActiveMask(size, 1);
  const pieces = createActiveMask(size, 1);
  whole.write(box, given);
  for (const [from, to] of [
    [0, 1],
    [1, 4],
    [4, 6],
  ]) {
    pieces.write(box, given, from, to);
  }
  expect(pieces.bits).toEqual(whole.bits);
  expect(pieces.tally).toEqual(whole.tally);
});
