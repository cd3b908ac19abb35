import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPromptFile } from "./prompt-file.ts";
import { newWorkplace, obliqueAffine, saveVolume, volumeOf } from "./testing.ts";

let place: Awaited<ReturnType<typeof newWorkplace>>;
const image = volumeOf(new Int16Array(60), [5, 4, 3], (i) => i);

beforeAll(async () => {
  place = await newWorkplace();
});
afterAll(() => place.remove());

async function read(prompts: unknown) {
  await place.writeJson("prompts.json", prompts);
  return readPromptFile(place.file("prompts.json"), image);
}

describe("readPromptFile()", () => {
  it("reads points and boxes, positive and predicting unless they say otherwise", async () => {
    const box = [
      [0, 2],
      [1, 3],
      [2, 3],
    ];
    expect(
      await read([
        { kind: "point", voxel: [4, 3, 2] },
        { kind: "box", box, positive: false, predict: false },
        { kind: "undo" },
      ]),
    ).toEqual([
      { kind: "point", prompt: { kind: "point", voxel: [4, 3, 2], positive: true }, predict: true },
      { kind: "box", prompt: { kind: "box", box, positive: false }, predict: false },
      { kind: "undo" },
    ]);
  });

  it("cuts a mask to what is drawn, whatever its numbers, and finds it beside the prompt file", async () => {
    const drawn = new Set(["1,2,1", "3,1,1"]);
    const mask = volumeOf(new Float32Array(60), [5, 4, 3], (i, j, k) => (drawn.has(`${i},${j},${k}`) ? 0.25 : 0));
    await saveVolume(place.file("scribble.nii"), mask);
    const [entry] = await read([{ kind: "scribble", mask: "scribble.nii", positive: false }]);
    expect(entry).toEqual({
      kind: "scribble",
      predict: true,
      prompt: {
        kind: "scribble",
        positive: false,
        box: [
          [1, 4],
          [1, 3],
          [1, 2],
        ],
        mask: Uint8Array.of(0, 0, 1, 1, 0, 0),
      },
    });
  });

  it("applies a mask's scaling before it asks what is zero", async () => {
    const mask = {
      ...volumeOf(new Uint8Array(60), [5, 4, 3], (i) => (i === 2 ? 0 : 7)),
      scaling: { slope: 1, intercept: -7 },
    };
    await saveVolume(place.file("scaled.nii"), mask);
    const [entry] = await read([{ kind: "initial", mask: "scaled.nii" }]);
    expect(entry).toMatchObject({
      prompt: {
        box: [
          [2, 3],
          [0, 4],
          [0, 3],
        ],
      },
    });
  });

  it("refuses a mask on another grid and says both", async () => {
    const shifted = obliqueAffine.map((value, n) => (n === 11 ? value + 1 : value));
    await saveVolume(place.file("shifted.nii"), {
      ...volumeOf(new Uint8Array(60), [5, 4, 3], () => 1),
      affine: shifted,
    });
    await expect(read([{ kind: "lasso", mask: "shifted.nii" }])).rejects.toThrow(
      `${place.file("shifted.nii")} does not lie on the image's grid. ` +
        "It has 5 × 4 × 3 voxels of 1 × 2 × 3 mm, RAS, voxel [0, 0, 0] at [-10, 4.5, 8] mm; " +
        "the image has 5 × 4 × 3 voxels of 1 × 2 × 3 mm, RAS, voxel [0, 0, 0] at [-10, 4.5, 7] mm.",
    );
  });

  it("refuses an empty mask and one that is not there", async () => {
    await saveVolume(
      place.file("empty.nii"),
      volumeOf(new Uint8Array(60), [5, 4, 3], () => 0),
    );
    await expect(read([{ kind: "lasso", mask: "empty.nii" }])).rejects.toThrow(
      "empty.nii is empty: every voxel is zero",
    );
    await expect(read([{ kind: "lasso", mask: "none.nii" }])).rejects.toThrow("none.nii: no such file or folder");
  });

  it.each([
    [[], "expected an array of prompts with at least one in it"],
    [{ kind: "undo" }, "expected an array of prompts with at least one in it"],
    [[{ kind: "undo" }, { kind: "click" }], /prompt 2: kind: /],
    [[{ kind: "point", voxel: [1, 2] }], /prompt 1: voxel: /],
    [[{ kind: "point", voxel: [1, 2, 3], positiv: true }], /prompt 1: .*positiv/],
    [
      [
        {
          kind: "box",
          box: [
            [0, 1],
            [0, 1],
          ],
        },
      ],
      /prompt 1: box: /,
    ],
    [[{ kind: "lasso" }], /prompt 1: mask: /],
  ])("refuses %j", async (prompts, message) => {
    await expect(read(prompts)).rejects.toThrow(message);
  });
});
