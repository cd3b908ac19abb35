import { expect, test } from "vitest";
import { pickAmong } from "./pick.ts";

test("the first click chooses what is shown, the following go through all that have the voxel", () => {
  let active: number | undefined = 8;
  const chosen: (number | undefined)[] = [];
  for (let click = 0; click < 5; click++) {
    active = pickAmong([7, 2, 5], active);
    chosen.push(active);
  }
  expect(chosen).toEqual([7, 2, 5, 7, 2]);
});

test("a click on the only one there chooses it, and one on none nothing", () => {
  expect(pickAmong([3], 3)).toBe(3);
  expect(pickAmong([3], undefined)).toBe(3);
  expect(pickAmong([], 3)).toBeUndefined();
});
