import type { Box, Vec3 } from "@septum/volume";
import { describe, expect, test } from "vitest";
import { smallSettings, smallVolume } from "../test/small-scene.ts";
import { createSegmenter, finish, isSegmentError, type Prompt, prepareImage, type SegmentErrorTag } from "./index.ts";
import type { ModelSettings } from "./model.ts";
import { checkInitialMask, checkPrompt } from "./prompt-check.ts";
import { stubModel } from "./testing.ts";

const size: Vec3 = [33, 29, 37];
const mask = (box: Box, value = 1) => new Uint8Array(box.reduce((n, [lo, hi]) => n * (hi - lo), 1)).fill(value);
const flat: Box = [
  [3, 9],
  [4, 5],
  [6, 16],
];

function check(prompt: Exclude<Prompt, { kind: "initial" }>, settings: ModelSettings = smallSettings) {
  return checkPrompt(prompt, size, settings);
}

function boxPrompt(box: Box): Exclude<Prompt, { kind: "initial" }> {
  return { kind: "box", box, positive: true };
}

describe("checkPrompt()", () => {
  test("rounds a point half to even and looks there at zoom 1", () => {
    const { shape, view, record } = check({ kind: "point", voxel: [10.5, 11.5, -0.4], positive: false });
    expect(shape).toEqual({ type: "ball", centre: [0, 12, 10], radius: 2 });
    expect(view).toEqual({ centre: [0, 12, 10], zoom: 1 });
    expect(record).toEqual({
      kind: "points",
      positive: false,
      box: [
        [10, 11],
        [12, 13],
        [0, 1],
      ],
    });
  });

  test("carries boxes into engine axes and zooms out until a third of the patch is free", () => {
    const { shape, view } = check(
      boxPrompt([
        [1, 31],
        [11, 12],
        [10, 20],
      ]),
    );
    expect(shape).toEqual({
      type: "solid",
      box: [
        [10, 20],
        [11, 12],
        [1, 31],
      ],
    });
    expect(view).toEqual({ centre: [15, 12, 16], zoom: (30 + 5) / 16 });
  });

  test("the middle of a half-open slice is rounded to even", () => {
    expect(
      check(
        boxPrompt([
          [0, 4],
          [11, 12],
          [0, 4],
        ]),
      ).view.centre[1],
    ).toBe(12);
    expect(
      check(
        boxPrompt([
          [0, 4],
          [10, 11],
          [0, 4],
        ]),
      ).view.centre[1],
    ).toBe(10);
  });

  test.each<[string, Box, Box]>([
    [
      "clips to the volume",
      [
        [-5, 40],
        [3, 4],
        [30, 99],
      ],
      [
        [0, 33],
        [3, 4],
        [30, 37],
      ],
    ],
    [
      "keeps the voxel a thin range falls on",
      [
        [10.6, 11.4],
        [3, 4],
        [0.1, 0.4],
      ],
      [
        [10, 11],
        [3, 4],
        [0, 1],
      ],
    ],
    [
      "keeps the last slice",
      [
        [32.6, 33.4],
        [3, 4],
        [5, 9],
      ],
      [
        [32, 33],
        [3, 4],
        [5, 9],
      ],
    ],
  ])("a box %s", (_, given, clipped) => {
    expect(check(boxPrompt(given)).record.box).toEqual(clipped);
  });

  test("a range of two rounds to a slice only by its raw size", () => {
    const settings = { ...smallSettings, supported: { ...smallSettings.supported, bbox3d: true } };
    expect(
      check(
        boxPrompt([
          [1, 5],
          [2.2, 2.9],
          [1, 5],
        ]),
        settings,
      ).record.kind,
    ).toBe("bbox3d");
    expect(
      check(
        boxPrompt([
          [1, 5],
          [2.2, 3.2],
          [1, 5],
        ]),
        settings,
      ).record.kind,
    ).toBe("bbox2d");
  });

  test("crops drawings to what is drawn", () => {
    const drawn = mask(flat, 0);
    drawn[6 * 1 * 3 + 2] = 1;
    drawn[6 * 1 * 5 + 4] = 200;
    const { shape, view, record } = check({ kind: "scribble", mask: drawn, box: flat, positive: true });
    expect(shape).toEqual({
      type: "mask",
      box: [
        [9, 12],
        [4, 5],
        [5, 8],
      ],
      bits: Uint8Array.of(1, 1),
    });
    expect(record.box).toEqual([
      [5, 8],
      [4, 5],
      [9, 12],
    ]);
    expect(view).toEqual({ centre: [10, 4, 6], zoom: 1 });
  });
});

describe("prompts that cannot be used", () => {
  const settings = { ...smallSettings, supported: { ...smallSettings.supported, lasso: false } };
  const refused: [string, SegmentErrorTag, Prompt, string][] = [
    [
      "a point outside",
      "PromptOutsideVolume",
      { kind: "point", voxel: [300, 10, 4], positive: true },
      "Cannot place point at voxel [300, 10, 4]: volume size is [33, 29, 37]",
    ],
    [
      "a point that rounds to outside",
      "PromptOutsideVolume",
      { kind: "point", voxel: [0, 28.6, 0], positive: true },
      "Cannot place point at voxel [0, 28.6, 0]: volume size is [33, 29, 37]",
    ],
    [
      "a point that is not a number",
      "PromptInvalid",
      { kind: "point", voxel: [0, NaN, 0], positive: true },
      "Cannot use point at [0, NaN, 0]: expected finite numbers",
    ],
    [
      "a box of no extent",
      "PromptEmpty",
      boxPrompt([
        [3, 3],
        [1, 2],
        [4, 8],
      ]),
      "Cannot use box [[3, 3], [1, 2], [4, 8]]: it has no extent along an axis. Each range is [from, to) and needs from < to",
    ],
    [
      "a box turned round",
      "PromptEmpty",
      boxPrompt([
        [9, 3],
        [1, 2],
        [4, 8],
      ]),
      "it has no extent along an axis",
    ],
    [
      "a 3D box",
      "PromptUnsupported",
      boxPrompt([
        [3, 5],
        [1, 3],
        [4, 8],
      ]),
      "Cannot use box [[3, 5], [1, 3], [4, 8]]: this model takes boxes on one slice only, so one range must be one voxel long, such as [12, 13]",
    ],
    [
      "a box beside the volume",
      "PromptOutsideVolume",
      boxPrompt([
        [3, 5],
        [29, 30],
        [4, 8],
      ]),
      "Cannot use box [[3, 5], [29, 30], [4, 8]]: it lies outside the volume, whose size is [33, 29, 37]",
    ],
    [
      "a lasso the model does not know",
      "PromptUnsupported",
      { kind: "lasso", mask: mask(flat), box: flat, positive: true },
      "Cannot use lasso: this model was not trained on it. It takes points, bbox2d, scribble",
    ],
    [
      "an empty scribble",
      "PromptEmpty",
      { kind: "scribble", mask: mask(flat, 0), box: flat, positive: true },
      "Cannot use scribble: its mask has no voxel set. Draw at least one",
    ],
    [
      "a mask that does not fit its box",
      "PromptInvalid",
      { kind: "scribble", mask: new Uint8Array(7).fill(1), box: flat, positive: true },
      "Cannot use scribble: its mask has 7 bytes, and its box [[3, 9], [4, 5], [6, 16]] has 60 voxels",
    ],
    [
      "a drawing between voxels",
      "PromptInvalid",
      {
        kind: "scribble",
        mask: mask(flat),
        box: [
          [3.5, 9.5],
          [4, 5],
          [6, 16],
        ],
        positive: true,
      },
      "Cannot use scribble with box [[3.5, 9.5], [4, 5], [6, 16]]: expected three ranges [from, to) of whole numbers with from < to",
    ],
    [
      "a drawing that leaves the volume",
      "PromptOutsideVolume",
      {
        kind: "scribble",
        mask: mask([
          [28, 34],
          [4, 5],
          [6, 16],
        ]),
        box: [
          [28, 34],
          [4, 5],
          [6, 16],
        ],
        positive: true,
      },
      "Cannot use scribble with box [[28, 34], [4, 5], [6, 16]]: it lies outside the volume, whose size is [33, 29, 37]",
    ],
    [
      "an initial mask of another size",
      "PromptOutsideVolume",
      {
        kind: "initial",
        mask: mask([
          [0, 2],
          [0, 2],
          [0, 38],
        ]),
        box: [
          [0, 2],
          [0, 2],
          [0, 38],
        ],
      },
      "Cannot use initial mask with box [[0, 2], [0, 2], [0, 38]]: it lies outside the volume",
    ],
  ];

  test.each(refused)("%s is refused before anything changes", async (_, tag, prompt, message) => {
    const segmenter = createSegmenter({ image: prepareImage(smallVolume(1)), model: stubModel(settings) });
    await finish(segmenter.apply({ kind: "point", voxel: [12, 20, 9], positive: true }, { autozoom: false }));
    const before = segmenter.state();
    const error = await finish(segmenter.apply(prompt)).catch((reason: unknown) => reason);
    expect(isSegmentError(error, tag)).toBe(true);
    expect((error as Error).message).toContain(message);
    expect(segmenter.state()).toEqual(before);
  });
});

test("checkInitialMask() without a voxel has nothing to look at", () => {
  const checked = checkInitialMask({ kind: "initial", mask: mask(flat, 0), box: flat }, size, smallSettings);
  expect(checked).toEqual({ record: { kind: "initial", positive: true, box: flat } });
});
