import { expect, test } from "vitest";
import { smallSettings } from "../test/small-scene.ts";
import { open, point } from "../test/small-segmenter.ts";
import { finish } from "./index.ts";
import { type DenseChannels, stubModel } from "./testing.ts";

test("an answer that fits into one patch is shown to a network that wants to see it again", async () => {
  const previous: number[] = [];
  const fed = ({ channels }: DenseChannels) => previous.push(channels[0].reduce((sum, value) => sum + value, 0));
  const settings = { ...smallSettings, secondLook: true, borderChange: { absolute: 1e9, minimum: 1e9, relative: 1 } };
  const segmenter = open({ model: stubModel(settings, { onPass: fed }) });
  const steps: string[] = [];
  for await (const step of segmenter.apply(point)) steps.push(step.type);
  expect(steps).toEqual(["coarse", "refine"]);
  expect(previous[0]).toBe(0);
  expect(previous[1]).toBeGreaterThan(0);
});

test("a prediction lets others have their turn while it plans where to look closely", async () => {
  const seen: string[] = [];
  let resume: (() => void) | undefined;
  const segmenter = open({
    model: stubModel(smallSettings, { onPass: () => seen.push("pass") }),
    pause: () => {
      seen.push("pause");
      return new Promise<void>((resolve) => {
        resume = resolve;
      });
    },
  });
  const running = finish(segmenter.apply(point));
  for (let turns = 0; turns < 3; turns++) {
    await expect.poll(() => resume, { timeout: 20_000 }).toBeDefined();
    // What others do meanwhile; nothing of the object has changed.
    expect(segmenter.voxels).toBe(0);
    const go = resume;
    resume = undefined;
    go?.();
  }
  const { zooms, boxes, voxels } = await running;
  expect([zooms.length > 1, boxes.length > 0, voxels > 0]).toEqual([true, true, true]);
  expect(seen).toEqual([...zooms.map(() => "pass"), "pause", "pause", "pause", ...boxes.map(() => "pass")]);
});
