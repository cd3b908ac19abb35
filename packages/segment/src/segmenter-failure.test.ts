import { describe, expect, test, vi } from "vitest";
import { smallSettings } from "../test/small-scene.ts";
import { elsewhere, open, point, snapshot } from "../test/small-segmenter.ts";
import { finish, type Model, type Prompt } from "./index.ts";
import { stubModel } from "./testing.ts";

// Many predictions each, and machines are busy.
vi.setConfig({ testTimeout: 300_000 });

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
