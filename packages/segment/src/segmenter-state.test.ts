import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { prompts, smallSettings, smallSize, smallVolume } from "../test/small-scene.ts";
import { elsewhere, open, point, snapshot } from "../test/small-segmenter.ts";
import { createSegmenter, decodeState, encodeState, finish, prepareImage } from "./index.ts";
import { stubModel } from "./testing.ts";

// Many predictions each, and machines are busy.
vi.setConfig({ testTimeout: 300_000 });

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
