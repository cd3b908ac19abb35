import { type Box, cutBits, unpackBits, type Vec3 } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { prompts, smallSettings, smallSize } from "../test/small-scene.ts";
import { elsewhere, open, point, snapshot, visible } from "../test/small-segmenter.ts";
import { finish, type Model, type Prompt } from "./index.ts";
import { stubModel } from "./testing.ts";

// Many predictions each, and machines are busy.
vi.setConfig({ testTimeout: 300_000 });

const voxels = smallSize[0] * smallSize[1] * smallSize[2];
const whole: Box = [
  [0, smallSize[0]],
  [0, smallSize[1]],
  [0, smallSize[2]],
];

describe("apply()", () => {
  test("nothing outside the changed box changes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(prompts(smallSize), { minLength: 1, maxLength: 3 }), async (list) => {
        const segmenter = open();
        for (const prompt of list) {
          const before = unpackBits(segmenter.mask, voxels);
          const { changed } = await finish(segmenter.apply(prompt));
          const after = unpackBits(segmenter.mask, voxels);
          for (let n = 0; n < voxels; n++)
            if (before[n] !== after[n] && !holds(changed, n)) expect(n).toBe("unchanged");
        }
      }),
      { numRuns: 15 },
    );
  });

  test("yields every pass, with the mask it found", async () => {
    const segmenter = open();
    const seen: string[] = [];
    let last: { box: Box; bits: Uint8Array } | undefined;
    const applied = await finish(segmenter.apply(point), (step) => {
      seen.push(step.type === "coarse" ? `coarse ${step.zoom}` : `refine ${step.index + 1} of ${step.count}`);
      last = { box: step.box, bits: step.bits() };
      expect(step.passes).toBe(seen.length);
    });
    expect(applied.passes).toBe(seen.length);
    expect(seen.filter((step) => step.startsWith("coarse"))).toEqual(applied.zooms.map((zoom) => `coarse ${zoom}`));
    expect(seen.at(-1)).toBe(`refine ${applied.boxes.length} of ${applied.boxes.length}`);
    expect(cutBits(segmenter.mask, smallSize, last!.box)).toEqual(last!.bits);
  });

  test("a single pass previews exactly what it will write", async () => {
    const segmenter = open();
    let preview: { box: Box; bits: Uint8Array } | undefined;
    await finish(segmenter.apply(point, { autozoom: false }), (step) => {
      preview = { box: step.box, bits: step.bits() };
    });
    expect(cutBits(segmenter.mask, smallSize, preview!.box)).toEqual(preview!.bits);
  });

  test("the same prompts and seed give the same mask", async () => {
    const masks = [1, 1].map(async (seed) => {
      const segmenter = open({ seed });
      for (const prompt of [point, elsewhere]) await finish(segmenter.apply(prompt));
      return segmenter.mask;
    });
    const [first, second] = await Promise.all(masks);
    expect(first).toEqual(second);
  });

  test("refuses a second call while the first one runs", async () => {
    const segmenter = open();
    const running = segmenter.apply(point);
    await running.next();
    const message = "Cannot change this object now: an earlier call on it is still running";
    await expect(finish(segmenter.apply(elsewhere))).rejects.toThrow(message);
    expect(() => segmenter.undo()).toThrow(message);
    expect(() => segmenter.reset()).toThrow(message);
    await finish(running);
    await finish(segmenter.apply(elsewhere));
    expect(segmenter.prompts).toHaveLength(2);
  });

  test("tells the time inside and outside the network apart", async () => {
    let time = 0;
    const model: Model = {
      ...stubModel(smallSettings),
      predict: async (patch) => {
        time += 500;
        return new Uint8Array(patch.image.length);
      },
    };
    const applied = await finish(open({ model, now: () => time++ }).apply(point, { autozoom: false }));
    expect(applied.secondsNetwork).toBe(0.501);
    expect(applied.secondsTotal).toBe(0.503);
  });
});

describe("undo() and redo()", () => {
  test("go back and forth through any sequence", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(prompts(smallSize), { minLength: 1, maxLength: 3 }), async (list) => {
        const segmenter = open();
        const states = [visible(segmenter)];
        for (const [n, prompt] of list.entries()) {
          await finish(segmenter.apply(prompt, { predict: n % 2 === 0 }));
          states.push(visible(segmenter));
        }
        segmenter.reset();
        states.push(visible(segmenter));
        for (let n = states.length - 2; n >= 0; n--) {
          expect(segmenter.undo()!.voxels).toBe(states[n].voxels);
          expect(visible(segmenter)).toEqual(states[n]);
        }
        expect(segmenter.undo()).toBeUndefined();
        for (let n = 1; n < states.length; n++) {
          segmenter.redo();
          expect(visible(segmenter)).toEqual(states[n]);
        }
        expect(segmenter.redo()).toBeUndefined();
      }),
      { numRuns: 12 },
    );
  });

  test("a prediction made later belongs to the prompt's step", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point, { predict: false }));
    await finish(segmenter.predict());
    expect(segmenter.voxels).toBeGreaterThan(0);
    expect(segmenter.undoable).toBe(1);
    segmenter.undo();
    expect(segmenter.voxels).toBe(0);
    expect(segmenter.prompts).toEqual([]);
  });

  test("a new prompt ends what could be redone", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point));
    segmenter.undo();
    await finish(segmenter.apply(elsewhere));
    expect(segmenter.redoable).toBe(0);
  });

  test("keep at least a hundred steps by default, and forget the oldest when told to save memory", async () => {
    const options = { autozoom: false };
    const segmenter = open();
    const thrifty = open({ historyBytes: 3000 });
    for (let n = 0; n < 120; n++) {
      const prompt: Prompt = { kind: "point", voxel: [5 + (n % 20), 9, 12], positive: n % 3 !== 0 };
      await finish(segmenter.apply(prompt, options));
      await finish(thrifty.apply(prompt, options));
    }
    expect(segmenter.undoable).toBe(120);
    expect(thrifty.undoable).toBeGreaterThan(0);
    expect(thrifty.undoable).toBeLessThan(60);
    expect(thrifty.mask).toEqual(segmenter.mask);
    expect(thrifty.bytes).toBeLessThan(segmenter.bytes);
  });
});

describe("the queue of views", () => {
  test("the last prompt added without predicting decides where to look, and all of them are drawn", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point, { predict: false }));
    await finish(segmenter.apply(elsewhere, { predict: false }));
    expect(segmenter.voxels).toBe(0);
    const applied = await finish(segmenter.predict({ autozoom: false }));
    expect(applied.coarseBoxes).toEqual([
      [
        [17, 33],
        [-2, 16],
        [23, 37],
      ],
    ]);
    expect(segmenter.prompts).toHaveLength(2);
  });

  test("a prediction uses it up", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point));
    const before = snapshot(segmenter);
    const again = await finish(segmenter.predict());
    expect(again).toMatchObject({ passes: 0, zooms: [], changed: undefined, voxels: segmenter.voxels });
    expect(snapshot(segmenter)).toEqual(before);
  });

  test("a prediction that none waited for leaves what was undone to be redone", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point));
    const { voxels } = segmenter;
    segmenter.undo();
    expect((await finish(segmenter.predict())).passes).toBe(0);
    expect(segmenter.redo()?.voxels).toBe(voxels);
  });

  test("reset() clears it", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point, { predict: false }));
    segmenter.reset();
    expect((await finish(segmenter.predict())).passes).toBe(0);
    expect(segmenter.intensity).toBe(1);
  });
});

describe("an initial mask", () => {
  const mask = Uint8Array.from({ length: 4 * 5 * 6 }, (_, n) => (n % 3) * 100);
  const box: Box = [
    [3, 7],
    [10, 15],
    [20, 26],
  ];

  test("replaces mask and prompts; anything but 0 counts as 1", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point));
    const applied = await finish(segmenter.apply({ kind: "initial", mask, box }));
    expect(applied.passes).toBe(0);
    expect(segmenter.voxels).toBe(80);
    expect(unpackBits(cutBits(segmenter.mask, smallSize, box), mask.length)).toEqual(mask.map((value) => +(value > 0)));
    expect(segmenter.prompts).toEqual([{ kind: "initial", positive: true, box }]);
    expect(segmenter.intensity).toBe(1);
  });

  test("may be empty, which is a reset that can be undone", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point));
    const before = visible(segmenter);
    const empty: Prompt = { kind: "initial", mask: new Uint8Array(voxels), box: whole };
    const applied = await finish(segmenter.apply(empty, { predict: true }));
    expect(applied).toMatchObject({ passes: 0, voxels: 0 });
    segmenter.undo();
    expect(visible(segmenter)).toEqual(before);
  });

  test("is refused by a model that cannot correct one", async () => {
    const segmenter = open({ model: stubModel({ ...smallSettings, supportsInitialMask: false }) });
    await expect(finish(segmenter.apply({ kind: "initial", mask, box }))).rejects.toThrow(
      "Cannot start from a mask: this model was not trained to correct one",
    );
  });
});

describe("createSegmenter()", () => {
  test("holds about one bit per voxel and little more", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point));
    expect(segmenter.bytes).toBeGreaterThan(voxels / 8);
    expect(segmenter.bytes).toBeLessThan(voxels);
  });

  test("refuses a mask of the wrong length and a margin that leaves nothing of the patch", () => {
    expect(() => open({ mask: new Uint8Array(3) })).toThrow("Mask has 3 bytes; a volume of [33, 29, 37] needs 4427");
    expect(() => open({ model: stubModel({ ...smallSettings, coverMargin: 7 }) })).toThrow(
      "The model's cover margin of 7 leaves nothing of its patch of [14, 18, 16] voxels",
    );
  });

  test("refuses an answer of the wrong length", async () => {
    const model: Model = { settings: smallSettings, predict: async () => new Uint8Array(5) };
    await expect(finish(open({ model }).apply(point))).rejects.toThrow(
      "The model answered 5 voxels for a patch of 4032",
    );
  });
});

function holds(box: Box | undefined, index: number): boolean {
  const [ni, nj] = smallSize;
  const voxel: Vec3 = [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))];
  return box?.every(([lo, hi], axis) => voxel[axis] >= lo && voxel[axis] < hi) === true;
}
