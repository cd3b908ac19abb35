import { expect, test } from "vitest";
import { nearness, textOn } from "./markers.ts";

test("a point is whole on its slice, fades over three and is gone after", () => {
  expect([0, 1, -2, 3, 4, 50].map(nearness)).toEqual([1, 0.75, 0.5, 0.25, 0, 0]);
});

test("numbers are readable on every colour of the first labels", () => {
  expect(textOn("#ffff00")).toBe("#000");
  expect(textOn("#0000ff")).toBe("#fff");
  expect(textOn("#000080")).toBe("#fff");
  expect(textOn("#ffefd5")).toBe("#000");
});
