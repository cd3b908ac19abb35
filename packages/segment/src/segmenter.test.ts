import { type Box, cutBits, unpackBits, type Vec3 } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { prompts, smallSettings, smallSize, smallVolume, stubModel } from "../test/small-scene.ts";
import {
  createSegmenter,
  decodeState,
  encodeState,
  finish,
  type Model,
  type Prompt,
  prepareImage,
  type Segmenter,
  type SegmenterOptions,
} from "./index.ts";

// Many predictions each, and machines are busy.
vi.setConfig({ testTimeout: 300_000 });

const image = prepareImage(smallVolume(4));
const voxels = smallSize[0] * smallSize[1] * smallSize[2];
const whole: Box = [
  [0, smallSize[0]],
  [0, smallSize[1]],
  [0, smallSize[2]],
];
const point: Prompt = { kind: "point", voxel: [12, 20, 9], positive: true };
const elsewhere: Prompt = { kind: "point", voxel: [25, 7, 30], positive: true };

function open(options: Partial<SegmenterOptions> = {}): Segmenter {
  return createSegmenter({ image, model: stubModel(smallSettings), ...options });
}

/** Everything that can be seen or saved of a segmenter. */
function snapshot(segmenter: Segmenter) {
  const { voxels, prompts, intensity, undoable, redoable } = segmenter;
  const saved = encodeState(segmenter.state());
  return { mask: segmenter.mask.slice(), voxels, prompts, intensity, undoable, redoable, saved };
}

/** The same, but for what history knows. */
function visible(segmenter: Segmenter) {
  const { mask, voxels, prompts, intensity } = snapshot(segmenter);
  return { mask, voxels, prompts, intensity, now: segmenter.state().now.queued };
}

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

describe("a call that does not end leaves everything as it was", () => {
  const failing = (after: number): Model => {
    const model = stubModel(smallSettings);
    let passes = 0;
    return {
      settings: smallSettings,
      predict: async (patch) => {
        if (passes++ === after) throw new Error("The device is gone");
        return model.predict(patch);
      },
    };
  };
  const calls: [string, Prompt][] = [
    ["point", point],
    [
      "initial mask",
      {
        kind: "initial",
        mask: new Uint8Array(9 * 14 * 10).fill(1),
        box: [
          [3, 12],
          [10, 24],
          [20, 30],
        ],
      },
    ],
  ];

  test.each(calls)("%s: when the model fails in any pass", async (_, prompt) => {
    const first = open();
    await finish(first.apply(elsewhere));
    await finish(first.apply({ ...elsewhere, voxel: [20, 8, 28] }, { predict: false }));
    const state = first.state();
    const passes = (await finish(first.apply(prompt, { predict: true }))).passes;
    expect(passes).toBeGreaterThan(2);
    for (let fail = 0; fail < passes; fail++) {
      const segmenter = open({ state, model: failing(fail) });
      const before = snapshot(segmenter);
      await expect(finish(segmenter.apply(prompt, { predict: true }))).rejects.toThrow("The device is gone");
      expect(snapshot(segmenter)).toEqual(before);
    }
  });

  test.each(calls)("%s: when it is aborted or returned at any step", async (_, prompt) => {
    const first = open();
    await finish(first.apply(elsewhere));
    const state = first.state();
    const { passes, voxels: expected } = await finish(first.apply(prompt, { predict: true }));
    for (let stop = 0; stop < passes; stop++) {
      const segmenter = open({ state });
      const before = snapshot(segmenter);
      const abort = new AbortController();
      const aborted = segmenter.apply(prompt, { predict: true, signal: abort.signal });
      for (let step = 0; step <= stop; step++) await aborted.next();
      abort.abort(new Error("Stopped by the person"));
      await expect(finish(aborted)).rejects.toThrow("Stopped by the person");
      expect(snapshot(segmenter)).toEqual(before);

      const returned = segmenter.apply(prompt, { predict: true });
      for (let step = 0; step <= stop; step++) await returned.next();
      await returned.return(undefined as never);
      expect(snapshot(segmenter)).toEqual(before);

      expect((await finish(segmenter.apply(prompt, { predict: true }))).voxels).toBe(expected);
    }
  });

  test("when it was aborted before it began", async () => {
    const segmenter = open();
    const before = snapshot(segmenter);
    const call = segmenter.apply(point, { signal: AbortSignal.abort(new Error("Too late")) });
    await expect(finish(call)).rejects.toThrow("Too late");
    expect(snapshot(segmenter)).toEqual(before);
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

describe("state()", () => {
  test("continues bit for bit, as an object and as bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(prompts(smallSize), { minLength: 3, maxLength: 4 }), async (list) => {
        const original = open({ seed: 7 });
        for (const [n, prompt] of list.slice(1).entries()) await finish(original.apply(prompt, { predict: n !== 0 }));
        if (list.length === 4) original.undo();
        const state = original.state();
        const copies = [open({ state: structuredClone(state) }), open({ state: decodeState(encodeState(state)) })];
        for (const segmenter of [original, ...copies]) {
          segmenter.redo();
          await finish(segmenter.apply(list[0]));
          segmenter.undo();
          segmenter.undo();
          segmenter.redo();
        }
        for (const copy of copies) expect(snapshot(copy)).toEqual(snapshot(original));
      }),
      { numRuns: 10 },
    );
  });

  test("goes into the mask it is given, also in shared memory", async () => {
    const original = open();
    await finish(original.apply(point));
    const mask = new Uint8Array(new SharedArrayBuffer(8 + original.mask.length), 5, original.mask.length).fill(255);
    const copy = open({ mask, state: original.state() });
    expect(copy.mask).toBe(mask);
    expect(new Uint8Array(mask)).toEqual(original.mask);
    await finish(copy.apply(elsewhere));
    await finish(original.apply(elsewhere));
    expect(new Uint8Array(mask)).toEqual(original.mask);
  });

  test("of another volume is refused", () => {
    const other = createSegmenter({
      image: prepareImage(smallVolume(4, [30, 29, 37])),
      model: stubModel(smallSettings),
    });
    expect(() => open({ state: other.state() })).toThrow(
      "Cannot continue from this saved object: it belongs to a volume of [30, 29, 37], not [33, 29, 37]",
    );
  });

  test("with a prompt the model does not know is refused", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point));
    const { points: _, ...channels } = smallSettings.channels;
    expect(() => open({ state: segmenter.state(), model: stubModel({ ...smallSettings, channels }) })).toThrow(
      "it has a prompt of kind points, which this model does not take",
    );
  });

  test("that is damaged is refused, with the reason", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point));
    const bytes = encodeState(segmenter.state());
    const refused = (change: (bytes: Uint8Array) => Uint8Array) => () => decodeState(change(bytes.slice()));
    const prefix = "Cannot continue from this saved object: ";
    expect(refused(() => new Uint8Array(3))).toThrow(`${prefix}it has 3 bytes, too few for a header`);
    expect(refused((copy) => copy.fill(65, 0, 1))).toThrow(`${prefix}it does not start with SEPS`);
    expect(refused((copy) => copy.fill(9, 4, 5))).toThrow(`${prefix}it has version 9, and this program reads 1`);
    expect(refused((copy) => copy.subarray(0, 40))).toThrow(`${prefix}it is cut off`);
    expect(refused((copy) => copy.subarray(0, copy.length - 1))).toThrow(`${prefix}it is cut off`);
    expect(refused((copy) => Uint8Array.from([...copy, 0]))).toThrow(`${prefix}1 bytes follow its end`);
    expect(refused((copy) => copy.fill(0, 14, 15))).toThrow(`${prefix}its text is damaged`);
    const state = segmenter.state();
    expect(() => open({ state: { ...state, mask: { ...state.mask, data: state.mask.data.slice(1) } } })).toThrow(
      `${prefix}its mask is damaged`,
    );
    expect(() => open({ state: { ...state, now: { prompts: 5 } } })).toThrow(`${prefix}it lacks prompt 5`);
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
