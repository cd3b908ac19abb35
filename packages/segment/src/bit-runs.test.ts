import { packBits } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compressBits, expandBits } from "./bit-runs.ts";

const runs = fc
  .array(fc.integer({ min: 1, max: 400 }), { maxLength: 12 })
  .map((lengths) => Uint8Array.from(lengths.flatMap((length, n) => new Array<number>(length).fill(n % 2))));
const noise = fc.uint8Array({ min: 0, max: 1, maxLength: 300 });

test("expandBits() undoes compressBits(), whatever the alignment", () => {
  fc.assert(
    fc.property(fc.oneof(runs, noise), fc.nat(3), (mask, shift) => {
      const packed = packBits(mask);
      const bits = new Uint8Array(new ArrayBuffer(packed.length + shift), shift);
      bits.set(packed);
      const compressed = compressBits(bits, mask.length);
      expect(compressed.data.length).toBeLessThanOrEqual(packed.length);
      expect(expandBits(compressed)).toEqual(packed);
    }),
  );
});

test("a solid object of a million voxels takes a few bytes", () => {
  const bits = new Uint8Array(125_000).fill(255, 40_000, 60_000);
  const compressed = compressBits(bits, 1_000_000);
  expect(compressed).toMatchObject({ coding: "runs", count: 1_000_000 });
  expect(compressed.data.length).toBeLessThan(10);
});

test("damaged runs are refused", () => {
  const { count, data } = compressBits(new Uint8Array(100).fill(255, 20, 50), 800);
  const damaged = (bytes: Uint8Array<ArrayBuffer>) => () => expandBits({ coding: "runs", count, data: bytes });
  expect(damaged(data.slice(0, -1))).toThrow("Packed bits end too early");
  expect(damaged(Uint8Array.from([...data, 1]))).toThrow("Packed bits are longer than they should be");
  expect(damaged(Uint8Array.of(200, 100))).toThrow("Packed bits are longer than they should be");
  expect(() => expandBits({ coding: "bits", count, data })).toThrow("Packed bits have the wrong length");
});
