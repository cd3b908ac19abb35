import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHalfBits, roundToHalf, toHalfBits } from "./half.ts";

describe("halves", () => {
  test("every half is its own nearest half", () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      if (toHalfBits(fromHalfBits(bits)) !== bits) expect(toHalfBits(fromHalfBits(bits))).toBe(bits);
      if (toHalfBits(-fromHalfBits(bits)) !== (bits | 0x8000)) expect(bits).toBe("negative");
    }
  });

  test("known values", () => {
    expect(toHalfBits(1)).toBe(0x3c00);
    expect(toHalfBits(-2)).toBe(0xc000);
    expect(toHalfBits(65504)).toBe(0x7bff);
    expect(toHalfBits(2 ** -24)).toBe(1);
    expect(roundToHalf(1 / 0.98)).toBe(1.0205078125);
    expect(roundToHalf(Math.fround(1.0205078125 / Math.fround(1 / 0.98)))).toBe(1);
  });

  test("halfway values go to the even neighbour", () => {
    expect(roundToHalf(1 + 2 ** -11)).toBe(1);
    expect(roundToHalf(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(roundToHalf(1.5 * 2 ** -24)).toBe(2 ** -23);
    expect(roundToHalf(0.5 * 2 ** -24)).toBe(0);
  });

  test("what is too large becomes infinite from 65520 on", () => {
    expect(roundToHalf(65519.99)).toBe(65504);
    expect(roundToHalf(65520)).toBe(Infinity);
    expect(roundToHalf(-70000)).toBe(-Infinity);
    expect(fromHalfBits(toHalfBits(Infinity))).toBe(Infinity);
    expect(fromHalfBits(toHalfBits(NaN))).toBeNaN();
  });

  test("rounding picks the nearest of the two neighbours", () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -26, max: 65503, noNaN: true }), (value) => {
        const bits = toHalfBits(value);
        const error = Math.abs(fromHalfBits(bits) - value);
        expect(fromHalfBits(bits)).toBe(roundToHalf(value));
        for (const near of [Math.max(0, bits - 1), bits + 1]) {
          expect(Math.abs(fromHalfBits(near) - value)).toBeGreaterThanOrEqual(error);
        }
      }),
    );
  });
});
