import { expect, test } from "vitest";
import { smallSettings, smallVolume } from "../test/small-scene.ts";
import { createSegmenter, finish, type Model, prepareImage, type Step } from "./index.ts";

/** A network that finds everything, or nothing, whatever it is asked. */
const stubborn = (answer: 0 | 1, own: object): Model => ({
  settings: { ...smallSettings, ...own },
  predict: async ({ size: [a, b, c] }) => new Uint8Array(a * b * c).fill(answer),
});

const click = { kind: "point", voxel: [15, 15, 15] } as const;
const patch = smallSettings.patchSize.reduce((product, n) => product * n, 1);

// Voxels are 0.91 × 1.10 × 2.5 mm: within 1.81 mm (twice 0.91) lie the voxel, two on either side along i, one along j, and what is between.
const ball = 5 + 2 * 3;

test("a click is heeded where it is, whatever the network finds, and nothing else changes", async () => {
  const image = prepareImage(smallVolume(1));
  for (const secondLook of [false, true]) {
    const all = createSegmenter({ image, model: stubborn(1, { heedsPoints: true, secondLook }) });
    const negative = await finish(all.apply({ ...click, positive: false }, { autozoom: false }));
    expect(negative.voxels).toBe(patch - ball);
    const nothing = createSegmenter({ image, model: stubborn(0, { heedsPoints: true, secondLook }) });
    expect((await finish(nothing.apply({ ...click, positive: true }))).voxels).toBe(ball);
  }
});

test("the preview after the last pass has it too", async () => {
  const image = prepareImage(smallVolume(1));
  for (const secondLook of [false, true]) {
    const segmenter = createSegmenter({ image, model: stubborn(0, { heedsPoints: true, secondLook }) });
    let set = 0;
    const count = (step: Step) => {
      set = step.preview.bits().reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);
    };
    await finish(segmenter.apply({ ...click, positive: true }), count);
    expect(set).toBe(ball);
  }
});

test("a network that is not to heed them has its way", async () => {
  const segmenter = createSegmenter({ image: prepareImage(smallVolume(1)), model: stubborn(0, {}) });
  expect((await finish(segmenter.apply({ ...click, positive: true }))).voxels).toBe(0);
});
