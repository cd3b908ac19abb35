import { type Box, cutBits, type Vec3 } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prompts, smallSettings, smallSize, smallVolume } from "../../test/small-scene.ts";
import { type Claim, createSegmenter, finish, prepareImage, settle, settledPreview } from "../index.ts";
import { stubModel } from "../testing.ts";

const image = prepareImage(smallVolume(4));
const model = stubModel(smallSettings);
const open = () => createSegmenter({ image, model });
const point = (voxel: Vec3, positive = true) => ({ kind: "point", voxel, positive }) as const;

async function grown(voxel: Vec3) {
  const segmenter = open();
  await finish(segmenter.apply(point(voxel)));
  return segmenter;
}

describe("settle()", () => {
  const claims: fc.Arbitrary<Claim> = fc.record({ take: fc.boolean(), rewritten: fc.boolean() });
  const script = fc.array(prompts(smallSize), { minLength: 1, maxLength: 2 });

  test("leaves what the last preview showed", async () => {
    await fc.assert(
      fc.asyncProperty(script, prompts(smallSize), claims, async (list, theirs, claim) => {
        const [mine, locked, other] = [open(), open(), open()];
        for (const prompt of list) await finish(mine.apply(prompt));
        await finish(locked.apply(theirs));
        await finish(other.apply(point([12, 20, 9])));
        const neighbours = [
          { label: 2, locked: true, segmenter: locked },
          { label: 3, locked: false, segmenter: other },
        ];
        settle(other, [{ label: 1, locked: false, segmenter: mine }], smallSize, { take: true, rewritten: false });
        let last: { box: Box; bits: Uint8Array } | undefined;
        const call = claim.rewritten
          ? mine.rewrite({ type: "remove", at: 0 })
          : mine.apply(point([18, 15, 12]), { autozoom: false });
        await finish(call, ({ preview }) => {
          last = { box: preview.box, bits: settledPreview(preview, mine, neighbours, smallSize, claim) };
        });
        settle(mine, neighbours, smallSize, claim);
        if (last) expect(cutBits(mine.mask, smallSize, last.box)).toEqual(last.bits);
      }),
      { numRuns: 12 },
    );
  });

  test("brings back nothing that others took and still have, when an earlier prompt is changed", async () => {
    const mine = await grown([12, 20, 9]);
    await finish(mine.apply(point([13, 19, 10])));
    const other = await grown([15, 18, 10]);
    const claim = { take: true, rewritten: false };
    const { taken } = settle(other, [{ label: 1, locked: false, segmenter: mine }], smallSize, claim);
    expect(taken[0].voxels).toBeGreaterThan(0);
    const theirs = other.mask.slice();
    const neighbours = [{ label: 2, locked: false, segmenter: other }];
    const alone = () => mine.mask.every((byte, n) => (byte & other.mask[n]) === 0);
    expect(alone()).toBe(true);

    for (const take of [false, true]) {
      await finish(mine.rewrite({ type: "sign", at: 1, positive: false }));
      expect(alone()).toBe(false);
      const { spared, taken } = settle(mine, neighbours, smallSize, { take, rewritten: true });
      expect([spared.length, taken.length, alone()]).toEqual([1, 0, true]);
      expect(other.mask).toEqual(theirs);
      mine.undo();
    }
    // Theirs no longer, so that it comes back.
    const before = mine.voxels;
    other.reset();
    await finish(mine.rewrite({ type: "sign", at: 1, positive: true }));
    expect(settle(mine, neighbours, smallSize, { take: false, rewritten: true }).spared).toEqual([]);
    expect(mine.voxels).toBeGreaterThan(before);
  });

  test("lets voxels overlap that were never taken, when an earlier prompt is changed without taking", async () => {
    const mine = await grown([12, 20, 9]);
    const other = await grown([15, 18, 10]);
    await finish(mine.rewrite({ type: "move", at: 0, offset: [3, -2, 1] }));
    const neighbours = [{ label: 2, locked: false, segmenter: other }];
    expect(settle(mine, neighbours, smallSize, { take: false, rewritten: true })).toEqual({ spared: [], taken: [] });
    expect(mine.mask).toEqual(other.mask);
  });
});
