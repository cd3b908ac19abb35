import { describe, expect, test } from "vitest";
import { errorStatus, isErrorCode } from "./errors.ts";
import { labelColor, labelFile, labelRgb } from "./labels.ts";
import { markPointBody } from "./points.ts";
import { maskQuery, promptBody, runBody, segmentParams, segmentsQuery } from "./segmentation.ts";

describe("promptBody", () => {
  const good = [
    { kind: "point", voxel: [1, 2, 3] },
    {
      kind: "box",
      box: [
        [0, 4],
        [2, 9],
        [5, 6],
      ],
      positive: false,
    },
    {
      kind: "scribble",
      axis: 2,
      slice_index: 5,
      points: [
        [0, 0],
        [4.5, 2],
      ],
      radius: 2,
    },
    {
      kind: "scribble",
      voxels: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    },
    {
      kind: "lasso",
      axis: 0,
      slice_index: 5,
      points: [
        [0, 0],
        [4, 2],
        [3, 7],
      ],
      predict: false,
    },
  ];
  test.each(good)("takes %j and fills in the defaults", (body) => {
    expect(promptBody.parse(body)).toEqual({ positive: true, predict: true, autozoom: true, ...body });
  });

  const bad = [
    {},
    { kind: "circle", voxel: [1, 2, 3] },
    { kind: "point", voxel: [1, 2] },
    { kind: "point", voxel: [1, 2.5, 3] },
    { kind: "point", voxel: [1, 2, null] },
    {
      kind: "box",
      box: [
        [0, 4],
        [2, 9],
      ],
    },
    {
      kind: "box",
      box: [
        [-1, 4],
        [2, 9],
        [5, 6],
      ],
    },
    { kind: "scribble", axis: 3, slice_index: 5, points: [[0, 0]] },
    { kind: "scribble", axis: 2, slice_index: 5, points: [] },
    { kind: "scribble", voxels: [] },
    { kind: "lasso", axis: 0, slice_index: 5, points: [] },
    { kind: "lasso", axis: 0, slice_index: 5, points: [[0, "0"]] },
  ];
  test.each(bad)("refuses %j", (body) => {
    expect(promptBody.safeParse(body).success).toBe(false);
  });
});

describe("markPointBody", () => {
  test("takes a place on a slice, or a voxel, with or without a number", () => {
    const onSlice = { axis: 2, slice_index: 4, point: { x: 3, y: 1 } };
    for (const body of [
      onSlice,
      { ...onSlice, point_number: 7 },
      { voxel: [1, 2, 3] },
      { voxel: [1, 2, 3], point_number: 1 },
    ]) {
      expect(markPointBody.parse(body)).toEqual(body);
    }
  });

  test.each([
    { voxel: [1, 2, 3], point_number: 0 },
    { voxel: [1, 2, 3], point_number: 65536 },
    { axis: 2, point: { x: 1, y: 1 } },
  ])("refuses %j", (body) => {
    expect(markPointBody.safeParse(body).success).toBe(false);
  });
});

test("runBody may be absent, and an empty choice of numbers is refused", () => {
  expect([undefined, null, {}, { numbers: [2, 1] }].every((body) => runBody.safeParse(body).success)).toBe(true);
  expect(runBody.safeParse({ numbers: [] }).success).toBe(false);
});

test("maskQuery takes six whole numbers as its box", () => {
  expect(maskQuery.parse({ box: "0,4,0,5,0,6", label: "3" })).toEqual({ box: "0,4,0,5,0,6", label: 3 });
  for (const box of ["0,4,0,5,0", "0,4,0,5,0,x", "-1,4,0,5,0,6", ""])
    expect(maskQuery.safeParse({ box }).success).toBe(false);
});

test("segmentsQuery takes three whole numbers as its voxel", () => {
  expect(segmentsQuery.parse({ voxel: "0,4,119" })).toEqual({ voxel: "0,4,119" });
  for (const voxel of ["0,4", "0,4,x", "-1,4,0", "1.5,4,0", ""])
    expect(segmentsQuery.safeParse({ voxel }).success).toBe(false);
});

test("segmentParams takes labels from 1 to 65535", () => {
  expect(segmentParams.parse({ label: "12" })).toEqual({ label: 12 });
  for (const label of ["0", "65536", "1.5", "x"]) expect(segmentParams.safeParse({ label }).success).toBe(false);
});

test("every error code has a status of an error", () => {
  expect(Object.values(errorStatus).every((status) => status >= 400 && status < 600)).toBe(true);
  expect(isErrorCode("no_image")).toBe(true);
  expect(isErrorCode("toString")).toBe(false);
});

describe("labels", () => {
  test("labelColor() follows ITK-SNAP's default order and begins again after it", () => {
    expect([1, 2, 3, 7, 20, 21].map(labelColor)).toEqual([
      "#ff0000",
      "#00ff00",
      "#0000ff",
      "#ffefd5",
      "#fffafa",
      "#ff0000",
    ]);
    expect(labelRgb(9)).toEqual([205, 133, 63]);
  });

  test("labelFile() writes what ITK-SNAP reads", () => {
    expect(labelFile([{ value: 1 }, { value: 300, name: 'left "kidney"\nupper' }])).toBe(
      [
        "################################################",
        "# ITK-SnAP Label Description File",
        "# File format:",
        "# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL",
        "################################################",
        '    0     0    0    0        0  0  0    "Clear Label"',
        '    1   255    0    0        1  1  1    "Label 1"',
        `  300   255  250  250        1  1  1    "left 'kidney''upper"`,
        "",
      ].join("\n"),
    );
  });
});
