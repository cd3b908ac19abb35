import { boxSize, getBit, type Vec3 } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Beside, Preview } from "./engine.ts";
import { createBench, point, type TestBench, wholeMask } from "./testing.ts";

const size: Vec3 = [72, 64, 56];

let bench: TestBench;

beforeAll(async () => {
  bench = await createBench();
});

afterAll(() => bench?.close());

const at = ([i, j, k]: Vec3) => i + size[0] * (j + size[1] * k);
const dot = (voxel: Vec3, radiusMm = 0.1) =>
  ({ kind: "paint", add: true, shape: "sphere", axis: 2, radiusMm, path: [voxel] }) as const;

describe("SegmentObject.edit()", () => {
  it("changes the mask in the segment thread, as one step from which prompts go on, and is saved", async () => {
    const image = await bench.openBall(size);
    const object = await image.object(1);
    const applied = await object.edit(dot([3, 4, 5]));
    expect(applied).toMatchObject({
      voxels: 1,
      passes: 0,
      changed: [
        [3, 4],
        [4, 5],
        [5, 6],
      ],
    });
    expect(getBit(await wholeMask(image, object), at([3, 4, 5]))).toBe(1);
    expect([object.prompts, object.undoable]).toEqual([1, 1]);
    const again = await object.edit(dot([3, 4, 5]));
    expect([again.changed, object.undoable]).toEqual([undefined, 1]);
    await object.apply(point([36, 32, 28]), { owner: "a" });
    await object.edit({ kind: "grow", mm: 2 });
    expect([object.prompts, object.undoable]).toEqual([1, 3]);
    const bits = await wholeMask(image, object);
    const { put } = await object.save();
    const back = await image.object(1, new Map([...put].map(([name, bytes]) => [name, bytes.slice()])));
    expect(await wholeMask(image, back)).toEqual(bits);
    for (const _ of [1, 2, 3]) await back.undo();
    expect(back.voxels).toBe(0);
    image.close();
  });

  it("tells what cannot be done in the error's own class, and leaves the object when it is aborted", async () => {
    const image = await bench.openBall(size);
    const object = await image.object(1);
    await expect(object.edit({ kind: "keepLargest" })).rejects.toMatchObject({
      name: "SegmentError",
      tag: "EditInvalid",
      message: "Cannot keep the largest island of an object without voxels: draw something first",
    });
    await object.edit(dot([30, 30, 30], 20));
    const bits = await wholeMask(image, object);
    const stop = new AbortController();
    const growing = object.edit({ kind: "grow", mm: 30 }, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(growing).rejects.toThrow("enough");
    expect(await wholeMask(image, object)).toEqual(bits);
    image.close();
  });
});

describe("OpenImage.settle()", () => {
  it("gives an object what it gained alone, but for what is locked", async () => {
    const image = await bench.openBall(size);
    const [mine, locked, open] = [await image.object(1), await image.object(2), await image.object(3)];
    await locked.edit(dot([20, 20, 20]));
    await open.edit(dot([24, 20, 20]));
    await mine.edit(dot([22, 20, 20], 6));
    const gained = mine.voxels;
    const others = [
      { label: 2, locked: true },
      { label: 3, locked: false },
    ];
    const settlement = await image.settle(1, { take: true, rewritten: false, others });
    expect(settlement).toEqual({
      spared: [{ label: 2, voxels: 1 }],
      taken: [
        {
          label: 3,
          voxels: 1,
          changed: [
            [24, 25],
            [20, 21],
            [20, 21],
          ],
        },
      ],
    });
    expect([mine.voxels, locked.voxels, open.voxels]).toEqual([gained - 1, 1, 0]);
    expect([mine.undoable, open.undoable]).toEqual([1, 2]);
    await open.undo();
    expect(open.voxels).toBe(1);
    await expect(
      image.settle(1, { take: true, rewritten: false, others: [{ label: 9, locked: false }] }),
    ).rejects.toThrow("There is no object 9 on this image");
    image.close();
  });

  it("is foreseen by previews", async () => {
    const image = await bench.openBall(size);
    const [mine, locked] = [await image.object(1), await image.object(2)];
    const middle: Vec3 = [36, 32, 28];
    await locked.edit(dot(middle, 3));
    // A point beside the ball finds what is around it; moved into the ball, it finds the ball.
    const corner: Vec3 = [3, 4, 5];
    await mine.apply({ kind: "point", voxel: corner, positive: true }, { owner: "a", autozoom: false });
    await mine.apply({ kind: "point", voxel: [68, 60, 50], positive: false }, { owner: "a", autozoom: false });
    const offset = middle.map((index, axis) => index - corner[axis]) as unknown as Vec3;
    const others = [{ label: 2, locked: true }];
    const seen = async (beside?: Beside) => {
      const looks: Promise<Preview | undefined>[] = [];
      const onProgress = ({ preview }: { preview?: number }) => void (preview && looks.push(mine.preview()));
      // Two passes: the preview of the first is there while the second runs.
      await mine.rewrite({ type: "move", at: 0, offset }, { owner: "a", beside, onProgress });
      const previews = (await Promise.all(looks)).filter((look) => look !== undefined);
      const voxels = previews.map(({ box, bits }) => {
        const [i, j, k] = middle.map((index, axis) => index - box[axis][0]);
        const [ni, nj] = boxSize(box);
        return getBit(bits, i + ni * (j + nj * k));
      });
      await mine.undo();
      return voxels;
    };
    expect(await seen()).toContain(1);
    const sparing = await seen({ take: true, rewritten: false, others });
    expect(sparing.length).toBeGreaterThan(0);
    expect(sparing).not.toContain(1);
    image.close();
  });
});
