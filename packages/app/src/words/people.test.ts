import { expect, test } from "vitest";
import { initials } from "./people.ts";

test("initials tell names apart that begin alike", () => {
  expect(["Blue", "Brown", "Orange", "Orange 2"].map(initials)).toEqual(["Bl", "Br", "Or", "O2"]);
});
