import { packBits, type Vec3 } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { farAway, squaredDistances } from "./distance.ts";
import { finishWork } from "./work.ts";

const size: Vec3 = [4, 29, 15];
const spacing: Vec3 = [0.7, 0.9, 2.1];
const voxels = 4 * 29 * 15;
const place = (n: number): Vec3 => [n % 4, Math.floor(n / 4) % 29, Math.floor(n / (4 * 29))];

function slowly(mask: Uint8Array, value: number): number[] {
  const feet = [...mask.keys()].filter((n) => mask[n] === value).map(place);
  return [...mask.keys()].map((n) => {
    const [i, j, k] = place(n);
    return feet.reduce((least, [fi, fj, fk]) => {
      const [di, dj, dk] = [(i - fi) * spacing[0], (j - fj) * spacing[1], (k - fk) * spacing[2]];
      return Math.min(least, di * di + dj * dj + dk * dk);
    }, farAway);
  });
}

describe("squaredDistances()", () => {
  test("are those of a search through all voxels, over long lines and short ones, to either value", () => {
    // Blocks and single voxels: stretches of every length.
    const blocks = fc.array(fc.tuple(fc.nat(voxels - 1), fc.integer({ min: 1, max: 60 }), fc.nat(1)), {
      maxLength: 12,
    });
    const most = fc.constantFrom(farAway, 4, 60);
    fc.assert(
      fc.property(blocks, fc.constantFrom<(0 | 1)[]>(0, 1), most, (stretches, value, farthest) => {
        const mask = new Uint8Array(voxels);
        for (const [from, length, set] of stretches) mask.fill(set, from, from + length);
        const fast = finishWork(squaredDistances({ bits: packBits(mask), size }, spacing, value, farthest));
        for (const [n, exact] of slowly(mask, value).entries()) {
          if (exact <= farthest) expect(fast[n]).toBeCloseTo(exact, 3);
          else expect(fast[n]).toBeGreaterThan(farthest);
        }
      }),
      { numRuns: 8 },
    );
  }, 120_000);
});
