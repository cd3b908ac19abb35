import type { Vec3 } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { panned, tileOf, wholeView, zoomed } from "./camera.ts";
import { planeNames, toScreen } from "./planes.ts";

const rect = { x: 40, y: 30, width: 500, height: 300 };
const part = fc.double({ min: 0, max: 1, noNaN: true });
const places: fc.Arbitrary<Vec3> = fc.tuple(part, part, part);
const mm = fc.double({ min: 5, max: 600, noNaN: true });
const sizes: fc.Arbitrary<Vec3> = fc.tuple(mm, mm, mm);
const cameras = fc.tuple(sizes, places, fc.double({ min: 0.3, max: 5, noNaN: true }));

describe("tileOf()", () => {
  test("shows the whole slice in the middle of its tile, with room around it", () => {
    fc.assert(
      fc.property(fc.constantFrom(...planeNames), sizes, fc.boolean(), (plane, size, radiological) => {
        const { horizontal, vertical } = tileOf(plane, rect, wholeView, size, radiological);
        expect((horizontal[0] + horizontal[1]) / 2).toBeCloseTo(290, 6);
        expect((vertical[0] + vertical[1]) / 2).toBeCloseTo(180, 6);
        expect(Math.abs(horizontal[1] - horizontal[0])).toBeLessThan(500);
        expect(vertical[0] - vertical[1]).toBeLessThan(300);
      }),
    );
  });

  test("puts the patient's right on the left when radiological, and on the right when not", () => {
    // Display fractions grow towards the patient's right side.
    const rightSide = (plane: "axial" | "coronal", radiological: boolean) =>
      toScreen(tileOf(plane, rect, wholeView, [300, 200, 400], radiological), [1, 0.5, 0.5]).x;
    for (const plane of ["axial", "coronal"] as const) {
      expect(rightSide(plane, true)).toBeLessThan(290);
      expect(rightSide(plane, false)).toBeGreaterThan(290);
    }
  });

  test("lets noses point left in sagittal slices, whichever way the others are shown", () => {
    for (const radiological of [true, false]) {
      const tile = tileOf("sagittal", rect, wholeView, [300, 200, 400], radiological);
      expect(toScreen(tile, [0.5, 1, 0.5]).x).toBeLessThan(toScreen(tile, [0.5, 0, 0.5]).x);
    }
  });
});

test("zooming keeps the place under the pointer where it is, in every plane", () => {
  fc.assert(
    fc.property(fc.constantFrom(...planeNames), cameras, fc.boolean(), (plane, [size, place, factor], radiological) => {
      const before = panned(wholeView, [0.5, 0.5, 0.5], [0.4, 0.7, 0.5], size);
      const after = zoomed(before, factor, place, size);
      const at = toScreen(tileOf(plane, rect, before, size, radiological), place);
      const then = toScreen(tileOf(plane, rect, after, size, radiological), place);
      expect(then.x).toBeCloseTo(at.x, 6);
      expect(then.y).toBeCloseTo(at.y, 6);
    }),
  );
});

test("panning brings one place to where another was", () => {
  fc.assert(
    fc.property(fc.constantFrom(...planeNames), sizes, places, places, (plane, size, from, to) => {
      const after = panned(wholeView, from, to, size);
      const at = toScreen(tileOf(plane, rect, wholeView, size, true), to);
      const then = toScreen(tileOf(plane, rect, after, size, true), from);
      expect(then.x).toBeCloseTo(at.x, 6);
      expect(then.y).toBeCloseTo(at.y, 6);
    }),
  );
});
