import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bitBytes,
  bitsBoundingBox,
  copyBits,
  countBits,
  countWord,
  cutBits,
  getBit,
  packBits,
  pasteBits,
  readBits,
  readWords,
  unpackBits,
  wholeWords,
} from "./bit-mask.ts";
import type { Box, Vec3 } from "./box.ts";

const mask = fc.uint8Array({ min: 0, max: 1, minLength: 1, maxLength: 300 });

test("packBits() puts the first voxel into the lowest bit, and anything but 0 is 1", () => {
  expect([...packBits([1, 0, 0, 7, 0, 0, 0, 0, 255])]).toEqual([0b1001, 1]);
});

test("unpackBits() undoes packBits()", () => {
  fc.assert(
    fc.property(mask, (bytes) => {
      expect(unpackBits(packBits(bytes), bytes.length)).toEqual(bytes);
    }),
  );
});

test("copyBits() moves any stretch anywhere and leaves the rest", () => {
  const place = fc.nat(280);
  fc.assert(
    fc.property(mask, mask, place, place, place, (from, to, fromAt, toAt, wanted) => {
      const a = fromAt % from.length;
      const b = toAt % to.length;
      const count = Math.min(wanted, from.length - a, to.length - b);
      const bits = packBits(to);
      copyBits(packBits(from), a, bits, b, count);
      const expected = to.slice();
      expected.set(from.subarray(a, a + count), b);
      expect(unpackBits(bits, to.length)).toEqual(expected);
    }),
  );
});

test("countBits(), readBits() and readWords() see the same bits", () => {
  fc.assert(
    fc.property(mask, fc.nat(299), fc.nat(300), (bytes, start, wanted) => {
      const at = start % bytes.length;
      const count = Math.max(1, Math.min(wanted, bytes.length - at));
      const part = bytes.subarray(at, at + count);
      const bits = packBits(bytes);
      expect(countBits(bits, at, count)).toBe(part.reduce((sum, bit) => sum + bit, 0));
      const words = new Uint32Array(Math.ceil(count / 32));
      readBits(bits, at, count, words);
      expect(unpackBits(new Uint8Array(words.buffer), count)).toEqual(part);
      expect(words.reduce((sum, word) => sum + countWord(word), 0)).toBe(countBits(bits, at, count));
      const whole = wholeWords(bits)!;
      if (at + count > whole.length * 32) return;
      const again = new Uint32Array(words.length);
      readWords(whole, at, count, again);
      expect(again).toEqual(words);
    }),
  );
});

test("wholeWords() has no view of bits that start between words", () => {
  expect(wholeWords(new Uint8Array(new ArrayBuffer(16), 1, 8))).toBeUndefined();
  expect(wholeWords(new Uint8Array(new SharedArrayBuffer(16), 4, 11))).toHaveLength(2);
});

describe("boxes of a volume", () => {
  const size: Vec3 = [11, 5, 3];
  const range = (length: number) =>
    fc.tuple(fc.nat(length - 1), fc.nat(length - 1)).map(([x, y]) => [Math.min(x, y), Math.max(x, y) + 1] as const);
  const box = fc.tuple(range(11), range(5), range(3)).map((ranges): Box => ranges);
  const volume = fc.uint8Array({ min: 0, max: 1, minLength: 165, maxLength: 165 });
  const voxelsOf = ([[i0, i1], [j0, j1], [k0, k1]]: Box) => {
    const indices: number[] = [];
    for (let k = k0; k < k1; k++)
      for (let j = j0; j < j1; j++) for (let i = i0; i < i1; i++) indices.push(i + 11 * (j + 5 * k));
    return indices;
  };

  test("cutBits() takes a box, i fastest", () => {
    fc.assert(
      fc.property(volume, box, (bytes, part) => {
        const indices = voxelsOf(part);
        const cut = cutBits(packBits(bytes), size, part);
        expect([...unpackBits(cut, indices.length)]).toEqual(indices.map((index) => bytes[index]));
        expect(cut).toHaveLength(bitBytes(indices.length));
      }),
    );
  });

  test("pasteBits() replaces a box and nothing else", () => {
    fc.assert(
      fc.property(volume, volume, box, (bytes, other, part) => {
        const bits = packBits(bytes);
        pasteBits(cutBits(packBits(other), size, part), bits, size, part);
        const expected = bytes.slice();
        for (const index of voxelsOf(part)) expected[index] = other[index];
        expect(unpackBits(bits, bytes.length)).toEqual(expected);
      }),
    );
  });

  test("bitsBoundingBox() is as small as can be", () => {
    expect(bitsBoundingBox(new Uint8Array(bitBytes(165)), size)).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.nat(164), { minLength: 1, maxLength: 4 }), (set) => {
        const bytes = new Uint8Array(165);
        for (const index of set) bytes[index] = 1;
        const axes = [(n: number) => n % 11, (n: number) => Math.floor(n / 11) % 5, (n: number) => Math.floor(n / 55)];
        const expected = axes.map((axis) => [Math.min(...set.map(axis)), Math.max(...set.map(axis)) + 1]);
        expect(bitsBoundingBox(packBits(bytes), size)).toEqual(expected);
        expect(getBit(packBits(bytes), set[0])).toBe(1);
      }),
    );
  });
});
