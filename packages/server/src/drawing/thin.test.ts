import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { thinned } from "./thin.ts";

describe("thinned()", () => {
  it("leaves out what lies on a straight line, and rounds to hundredths", () => {
    const line: [number, number][] = [
      [0, 0],
      [1, 1.02],
      [2.004, 2],
      [3, 0],
    ];
    expect(thinned(line)).toEqual([
      [0, 0],
      [2, 2],
      [3, 0],
    ]);
  });

  it("keeps one point, and both ends of a line that comes back", () => {
    expect(thinned([[4, 5]])).toEqual([[4, 5]]);
    expect(
      thinned([
        [0, 0],
        [5, 0],
        [0, 0],
      ]),
    ).toHaveLength(3);
  });

  it("keeps no more than 500 points of the wildest line, and its ends", () => {
    const wild = Array.from({ length: 20_000 }, (_, n): [number, number] => [n, 50 * (n % 2)]);
    const few = thinned(wild);
    expect(few).toHaveLength(500);
    expect([few[0], few.at(-1)]).toEqual([wild[0], wild.at(-1)]);
  });

  it("passes within a tenth of a voxel of every point it left out", () => {
    const place = fc.float({ min: 0, max: 40, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, place), { minLength: 1, maxLength: 60 }), (points) => {
        const few = thinned(points);
        for (const [x, y] of points) {
          const away = few.map(([ax, ay], n) => {
            const [bx, by] = few[Math.min(n + 1, few.length - 1)];
            const squared = (bx - ax) ** 2 + (by - ay) ** 2;
            const along = squared === 0 ? 0 : ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / squared;
            const t = Math.min(1, Math.max(0, along));
            return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay));
          });
          // And what rounding adds.
          expect(Math.min(...away)).toBeLessThan(0.11);
        }
      }),
    );
  });
});
