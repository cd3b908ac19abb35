import { type Box, unpackBits, type Vec3, type Volume, wholeBox } from "@septum/volume";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { denseBox, denseDrawing, denseInitial, densePoint } from "../test/dense/stamps.ts";
import { type DenseInput, type DenseState, densePredict, denseState } from "../test/dense-reference.ts";
import { generator, prompts, smallSettings, smallSize, smallVolume } from "../test/small-scene.ts";
import { swapAxes, swapBoxAxes } from "./engine-space.ts";
import { createSegmenter, finish, type ModelSettings, type Prompt, prepareImage } from "./index.ts";
import { stubModel, stubNetwork } from "./testing.ts";

// The dense reference is slow, and machines are busy.
vi.setConfig({ testTimeout: 300_000 });

const call = fc.record({
  prompt: prompts(smallSize),
  autozoom: fc.boolean(),
  predict: fc.boolean(),
  forceFullRefine: fc.boolean(),
});

test("a segmenter equals the dense reference on any sequence of prompts", () =>
  sequences({ ...smallSettings, firstView: 0 }, { minLength: 1, maxLength: 4 }, 15));

test("a segmenter that looks at its answers again equals the dense reference", () =>
  sequences({ ...smallSettings, secondLook: true }, { minLength: 1, maxLength: 4 }, 10));

// Voxels of `smallVolume` are 0.91 × 1.10 × 2.5 mm.
const spacing: Vec3 = [2.5, Math.hypot(0.1, 1.1), Math.hypot(0.9, -0.1)];
const firstView = 25;
const first = { leastZoom: firstView / (Math.min(...smallSettings.patchSize) * spacing[2]), spacing };

test("a segmenter that first looks at so many millimetres equals the dense reference", () =>
  sequences({ ...smallSettings, firstView }, { minLength: 1, maxLength: 4 }, 10, first));

test("a segmenter that goes on from a mask, and reaches so far with every prompt, equals the dense reference", async () => {
  const seed = fc.integer({ min: 0, max: 99 });
  const settings = { ...smallSettings, secondLook: true, firstView, reach: 2.3, heedsPoints: true };
  const property = fc.asyncProperty(seed, fc.array(call, { minLength: 1, maxLength: 4 }), async (seed, calls) => {
    const mask = Uint8Array.from(smallVolume(seed).data, (value) => (value > 90 ? 1 : 0));
    const start: Call = {
      prompt: { kind: "initial", mask, box: wholeBox(smallSize) },
      autozoom: true,
      predict: false,
      forceFullRefine: false,
    };
    await compareOn(smallVolume(seed), settings, [start, ...calls], first);
  });
  await fc.assert(property, { numRuns: 12 });
});

test("a segmenter that heeds its points equals the dense reference", () =>
  sequences({ ...smallSettings, firstView, heedsPoints: true }, { minLength: 1, maxLength: 4 }, 10, first));

// 0.01 reaches the end of half precision after three prompts.
test("a segmenter equals the dense reference when prompt strengths are scaled back", () =>
  sequences({ ...smallSettings, decay: 0.01 }, { minLength: 4, maxLength: 7 }, 5));

test("an initial mask refined in full equals the dense reference", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 99 }), call, async (seed, next) => {
      const mask = Uint8Array.from(smallVolume(seed).data, (value) => (value > 90 ? 1 : 0));
      await compare(smallSettings, seed, [
        { ...next, prompt: { kind: "initial", mask, box: wholeBox(smallSize) } },
        next,
      ]);
    }),
    { numRuns: 6 },
  );
});

test("images of other types, and scaled ones, are fed the same", async () => {
  const stored = smallVolume(3);
  const calls = [true, false].map((autozoom): Call => {
    const box: Box = [
      [2, 31],
      [14, 15],
      [5, 30],
    ];
    return { prompt: { kind: "box", box, positive: true }, autozoom, predict: true, forceFullRefine: false };
  });
  const volumes: Volume[] = [
    { ...stored, data: Float32Array.from(stored.data, (value) => value / 3) },
    { ...stored, data: Int32Array.from(stored.data, (value) => value * 1000) },
    {
      ...stored,
      data: Uint8Array.from(stored.data, (value) => value / 2 + 9),
      scaling: { slope: 1.7, intercept: -13 },
    },
    { ...stored, data: Int8Array.from(stored.data, (value) => value / 2 - 40) },
    { ...stored, data: Float64Array.from(stored.data, (value) => value / 7), scaling: { slope: -0.3, intercept: 100 } },
  ];
  for (const volume of volumes) await compareOn(volume, smallSettings, calls);
});

interface Call {
  readonly prompt: Prompt;
  readonly autozoom: boolean;
  readonly predict: boolean;
  readonly forceFullRefine: boolean;
}

/** `spacing` in engine axes. */
interface FirstView {
  readonly leastZoom: number;
  readonly spacing: Vec3;
}

function sequences(
  settings: ModelSettings,
  lengths: fc.ArrayConstraints,
  numRuns: number,
  first?: FirstView,
): Promise<void> {
  const seed = fc.integer({ min: 0, max: 99 });
  const property = fc.asyncProperty(seed, fc.array(call, lengths), (seed, calls) =>
    compareOn(smallVolume(seed), settings, calls, first),
  );
  return fc.assert(property, { numRuns });
}

function compare(settings: ModelSettings, seed: number, calls: readonly Call[]): Promise<void> {
  return compareOn(smallVolume(seed), settings, calls);
}

async function compareOn(
  volume: Volume,
  settings: ModelSettings,
  calls: readonly Call[],
  first?: FirstView,
): Promise<void> {
  const { slope, intercept } = volume.scaling;
  const values = Float64Array.from(volume.data, (stored) => slope * stored + intercept);
  const dense = denseState(values, swapAxes(volume.size), settings);
  const fed: DenseInput[] = [];
  const expectedFed: DenseInput[] = [];
  const segmenter = createSegmenter({
    image: prepareImage(volume),
    model: stubModel(settings, { onPass: (input) => fed.push(input) }),
    random: (count) => wholeNumbers(count),
  });
  let count = 0;
  for (const { prompt, autozoom, predict, forceFullRefine } of calls) {
    fed.length = expectedFed.length = 0;
    stampDense(dense, prompt);
    count = prompt.kind === "initial" ? 1 : count + 1;
    const later = forceFullRefine && prompt.kind !== "initial";
    let applied = await finish(segmenter.apply(prompt, { autozoom, predict: predict && !later }));
    if (predict && later) applied = await finish(segmenter.predict({ autozoom, forceFullRefine }));
    const expected = predict
      ? densePredict(
          dense,
          (input) => {
            expectedFed.push(input);
            return stubNetwork(input);
          },
          wholeNumbers(count),
          { autozoom, forceFullRefine: forceFullRefine || prompt.kind === "initial", ...first },
        )
      : undefined;
    expect(applied.zooms).toEqual(expected?.zooms ?? []);
    expect(applied.boxes.map(swapBoxAxes)).toEqual(expected?.boxes ?? []);
    if (expected && prompt.kind !== "initial") expect(swapBoxAxes(applied.changed!)).toEqual(expected.changed);
    expect(fed.length).toBe(expectedFed.length);
    fed.forEach((input, pass) => {
      expectSame(input.image, expectedFed[pass].image);
      for (const [n, channel] of input.channels.entries()) expectSame(channel, expectedFed[pass].channels[n]);
    });
    expect(segmenter.intensity).toBe(dense.intensity);
    const mask = unpackBits(segmenter.mask, volume.data.length);
    expectSame(mask, Uint8Array.from(dense.channels[settings.channels.previous]));
    expect(segmenter.voxels).toBe(mask.reduce((sum, value) => sum + value, 0));
  }
}

function stampDense(dense: DenseState, prompt: Prompt): void {
  if (prompt.kind === "point") densePoint(dense, swapAxes(prompt.voxel), prompt.positive);
  else if (prompt.kind === "box") denseBox(dense, swapBoxAxes(prompt.box), prompt.positive);
  else if (prompt.kind === "initial") denseInitial(dense, prompt.mask);
  else denseDrawing(dense, prompt.kind, wholeMask(prompt, smallSize), prompt.positive);
}

function wholeMask({ mask, box }: { mask: Uint8Array; box: Box }, size: Vec3): Uint8Array {
  const whole = new Uint8Array(size[0] * size[1] * size[2]);
  let at = 0;
  for (let k = box[2][0]; k < box[2][1]; k++) {
    for (let j = box[1][0]; j < box[1][1]; j++) {
      for (let i = box[0][0]; i < box[0][1]; i++) whole[i + size[0] * (j + size[1] * k)] = mask[at++];
    }
  }
  return whole;
}

function wholeNumbers(seed: number): (n: number) => number {
  const random = generator(seed);
  return (n) => Math.floor(random() * n);
}

/** Far faster than `toEqual` on large arrays. */
function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let n = 0; n < actual.length; n++) {
    if (actual[n] !== expected[n]) expect(`${actual[n]} at ${n}`).toBe(`${expected[n]} at ${n}`);
  }
}
