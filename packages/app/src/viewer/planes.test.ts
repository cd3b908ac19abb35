import type { Vec3 } from "@septum/volume";
import { expect, test } from "vitest";
import { edgeLetters, fromScreen, holds, isInside, type Tile, toScreen } from "./planes.ts";

/** Radiological: fraction 1, the patient's right, is on the screen's left. */
const axial: Tile = {
  plane: "axial",
  rect: { x: 100, y: 50, width: 200, height: 100 },
  horizontal: [280, 120],
  vertical: [140, 60],
};

test("a place and its position on the screen are the same place", () => {
  const place: Vec3 = [0.25, 0.75, 0.4];
  const { x, y } = toScreen(axial, place);
  expect([x, y]).toEqual([240, 80]);
  expect(fromScreen(axial, x, y, [0, 0, 0.4])).toEqual(place);
});

test("the patient's right is on the screen's left", () => {
  expect(toScreen(axial, [1, 0.5, 0]).x).toBeLessThan(toScreen(axial, [0, 0.5, 0]).x);
  expect(edgeLetters("axial", true)).toEqual({ left: "R", right: "L", top: "A", bottom: "P" });
  expect(edgeLetters("coronal", false)).toEqual({ left: "L", right: "R", top: "S", bottom: "I" });
  expect(edgeLetters("sagittal", true)).toEqual({ left: "A", right: "P", top: "S", bottom: "I" });
});

test("a click beside the scan is outside it", () => {
  expect(isInside(fromScreen(axial, 290, 100, [0, 0, 0.5]))).toBe(false);
  expect(isInside(fromScreen(axial, 200, 100, [0, 0, 0.5]))).toBe(true);
  expect(holds(axial.rect, 300, 60)).toBe(false);
});
