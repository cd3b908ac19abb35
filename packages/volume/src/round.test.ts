import { expect, test } from "vitest";
import { roundHalfEven } from "./round.ts";

test("roundHalfEven() rounds like Python's round, also below zero", () => {
  const values = [0.5, 1.5, 2.5, -0.5, -0, -1.5, -2.5, 2.4999, 2.5001, -2.6, 10.5, 11.5, 7];
  expect(values.map((value) => roundHalfEven(value))).toEqual([0, 2, 2, 0, 0, -2, -2, 2, 3, -3, 10, 12, 7]);
});
