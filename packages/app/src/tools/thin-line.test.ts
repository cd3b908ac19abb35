import fc from "fast-check";
import { expect, test } from "vitest";
import type { Position } from "./slice-plane.ts";
import { distanceToSegment, thinLine } from "./thin-line.ts";

const coordinate = fc.double({ min: -50, max: 50, noNaN: true });
const lines = fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 60 });

test("no point of a line is farther from the thinned one than the tolerance", () => {
  fc.assert(
    fc.property(lines, fc.double({ min: 0.01, max: 5, noNaN: true }), (line, tolerance) => {
      const thin = thinLine(line, tolerance);
      for (const point of line) expect(distanceToLine(point, thin)).toBeLessThanOrEqual(tolerance + 2e-3);
    }),
  );
});

test("a straight line keeps its two ends", () => {
  const line = Array.from({ length: 100 }, (_, n): Position => [n / 10, n / 5]);
  expect(thinLine(line, 0.1)).toEqual([
    [0, 0],
    [9.9, 19.8],
  ]);
});

test("a line of one place stays one place", () => {
  expect(thinLine([[3.00049, 4]], 0.1)).toEqual([[3, 4]]);
});

function distanceToLine(point: Position, line: readonly Position[]): number {
  return Math.min(...line.map((from, n) => distanceToSegment(point, from, line[n + 1] ?? from)));
}
