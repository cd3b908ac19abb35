import { expect, test } from "vitest";
import {
  type Box,
  boxContains,
  boxSize,
  boxVoxels,
  clipBox,
  formatBox,
  intersectBoxes,
  isEmptyBox,
  shiftBox,
  uniteBoxes,
  wholeBox,
} from "./box.ts";

const box: Box = [
  [-2, 3],
  [1, 2],
  [4, 9],
];

test("boxSize() and boxVoxels() count half-open ranges, and never below zero", () => {
  expect(boxSize(box)).toEqual([5, 1, 5]);
  expect(boxVoxels(box)).toBe(25);
  const reversed: Box = [
    [3, 1],
    [0, 2],
    [0, 2],
  ];
  expect(boxSize(reversed)).toEqual([0, 2, 2]);
  expect(isEmptyBox(reversed)).toBe(true);
});

test("clipBox() keeps the part inside a volume", () => {
  expect(clipBox(box, [4, 5, 6])).toEqual([
    [0, 3],
    [1, 2],
    [4, 6],
  ]);
  expect(isEmptyBox(clipBox(shiftBox(box, [0, 7, 0]), [4, 5, 6]))).toBe(true);
});

test("intersectBoxes() and uniteBoxes() are what both and what either hold", () => {
  const other: Box = [
    [2, 6],
    [0, 4],
    [8, 12],
  ];
  expect(intersectBoxes(box, other)).toEqual([
    [2, 3],
    [1, 2],
    [8, 9],
  ]);
  expect(uniteBoxes(box, other)).toEqual([
    [-2, 6],
    [0, 4],
    [4, 12],
  ]);
});

test("uniteBoxes() ignores what is empty", () => {
  const empty: Box = [
    [50, 50],
    [0, 4],
    [0, 4],
  ];
  expect(uniteBoxes(empty, box)).toBe(box);
  expect(uniteBoxes(box, empty)).toBe(box);
  expect(uniteBoxes(undefined, box)).toBe(box);
  expect(uniteBoxes(undefined, empty)).toBeUndefined();
});

test("boxContains() wants all of the inner box", () => {
  expect(
    boxContains(wholeBox([4, 5, 6]), [
      [0, 4],
      [1, 2],
      [5, 6],
    ]),
  ).toBe(true);
  expect(
    boxContains(wholeBox([4, 5, 6]), [
      [0, 4],
      [1, 2],
      [5, 7],
    ]),
  ).toBe(false);
});

test("formatBox() reads like the wire", () => {
  expect(formatBox(box)).toBe("[[-2, 3], [1, 2], [4, 9]]");
});
