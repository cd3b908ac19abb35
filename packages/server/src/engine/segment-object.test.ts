import { SegmentError } from "@septum/segment";
import { boxVoxels, countBits, type Vec3, wholeBox } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenImage, PassProgress, Preview } from "./engine.ts";
import { createBench, point, type TestBench, wholeMask } from "./testing.ts";

let bench: TestBench;

beforeAll(async () => {
  bench = await createBench();
});

afterAll(() => bench?.close());

describe("SegmentObject", () => {
  it("segments from a click, telling every pass, and undoes and resets", async () => {
    const image = await bench.openBall([72, 64, 56]);
    const object = await image.object(1);
    const progress: PassProgress[] = [];
    const applied = await object.apply(point([36, 32, 28]), { owner: "a", onProgress: (step) => progress.push(step) });

    expect(applied.passes).toBeGreaterThan(0);
    expect(applied.voxels).toBe(object.voxels);
    expect(applied.voxels).toBeGreaterThan(500);
    expect(applied.secondsNetwork).toBeGreaterThan(0);
    expect(applied.secondsTotal).toBeGreaterThan(applied.secondsNetwork);
    const passes = progress.filter(({ stage }) => stage !== "waiting");
    expect(passes.map(({ done }) => done)).toEqual(Array.from({ length: applied.passes }, (_, n) => n + 1));
    expect(passes.at(-1)).toMatchObject({ done: applied.passes, expected: applied.passes });

    const bits = await object.maskBits(wholeBox(image.info.size));
    expect(countBits(bits, 0, 72 * 64 * 56)).toBe(applied.voxels);
    expect(image.bytes).toBeGreaterThanOrEqual(2 * 72 * 64 * 56 + bits.length);

    expect(await object.undo()).toMatchObject({ voxels: 0 });
    expect([object.voxels, object.prompts]).toEqual([0, 0]);
    expect(await object.undo()).toBeUndefined();
    await object.apply(point([36, 32, 28]), { owner: "a" });
    expect(await object.maskBits(wholeBox(image.info.size))).toEqual(bits);
    expect(await object.reset()).toMatchObject({ voxels: 0 });
    image.close();
  });

  it("previews what a pass came to while the next is under way, and nothing afterwards", async () => {
    const image = await bench.openBall([72, 64, 56]);
    const object = await image.object(1);
    const other = await image.object(2);
    const moved = { kind: "point", voxel: [33, 30, 29], positive: true } as const;
    const { passes } = await other.apply(moved, { owner: "a" });
    for (const voxel of [
      [36, 32, 28],
      [30, 30, 30],
    ] as const)
      await object.apply(point(voxel), { owner: "a" });
    expect(await object.preview()).toBeUndefined();

    // Both are predicted again, the moved one first.
    const asked: Promise<Preview | undefined>[] = [];
    const told: (number | undefined)[] = [];
    const onProgress = ({ stage, done, preview }: PassProgress) => {
      told.push(preview);
      if (stage !== "waiting" && done === passes) asked.push(object.preview());
    };
    await object.rewrite({ type: "replace", at: 0, prompt: moved }, { owner: "a", onProgress });
    expect(told).toEqual(Array.from({ length: 2 * passes }, (_, n) => n + 1));
    const { number, box, bits } = (await asked[0])!;
    expect(number).toBe(passes);
    expect(bits).toEqual(await other.maskBits(box));
    expect(countBits(bits, 0, boxVoxels(box))).toBe(other.voxels);
    expect(await object.preview()).toBeUndefined();
    image.close();
  });

  it("takes an earlier prompt away as if it had never been given, telling every pass, and goes back and forth", async () => {
    const image = await bench.openBall([72, 64, 56]);
    const object = await image.object(1);
    const other = await image.object(2);
    await other.apply(point([30, 30, 30]), { owner: "a" });
    for (const voxel of [
      [36, 32, 28],
      [30, 30, 30],
    ] as const)
      await object.apply(point(voxel), { owner: "a" });
    const before = await wholeMask(image, object);

    const progress: PassProgress[] = [];
    const edit = { type: "remove", at: 0 } as const;
    const applied = await object.rewrite(edit, { owner: "a", onProgress: (step) => progress.push(step) });
    const passes = progress.filter(({ stage }) => stage !== "waiting");
    expect(passes.map(({ done }) => done)).toEqual(Array.from({ length: applied.passes }, (_, n) => n + 1));
    const after = await wholeMask(image, object);
    expect(after).toEqual(await wholeMask(image, other));
    expect(await object.bounds()).toEqual(await other.bounds());
    expect([object.prompts, object.undoable, object.redoable]).toEqual([1, 3, 0]);

    await object.undo();
    expect(await wholeMask(image, object)).toEqual(before);
    expect([object.prompts, object.undoable, object.redoable]).toEqual([2, 2, 1]);
    expect(await object.redo()).toMatchObject({ voxels: other.voxels });
    expect(await wholeMask(image, object)).toEqual(after);
    expect(await object.redo()).toBeUndefined();
    await expect(object.rewrite({ type: "remove", at: 1 }, { owner: "a" })).rejects.toThrow(
      "Cannot change prompt 1: the object has 1 prompt, counted from 0",
    );
    await other.reset();
    expect(await other.bounds()).toBeUndefined();
    image.close();
  });

  it("shows readers the mask before or after a prompt and nothing between, and lets them read during a pass", async () => {
    const image = await bench.openBall([72, 64, 56]);
    const object = await image.object(1);
    const before = await wholeMask(image, object);
    let over = false;
    const applying = object.apply(point([36, 32, 28]), { owner: "a" }).finally(() => {
      over = true;
    });
    const seen: Uint8Array[] = [];
    while (!over) {
      seen.push(await wholeMask(image, object));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await applying;
    const after = await wholeMask(image, object);
    const whole = seen.filter((bits) => [before, after].some((known) => Buffer.compare(bits, known) === 0));
    expect(whole.length).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(3);
    image.close();
  });

  it("comes back from what was saved, history included", async () => {
    const image = await bench.openBall([72, 64, 56]);
    const object = await image.object(1);
    await object.apply(point([36, 32, 28]), { owner: "a" });
    const first = await wholeMask(image, object);
    await object.apply({ kind: "point", voxel: [36, 32, 45], positive: false }, { owner: "a" });
    const second = await wholeMask(image, object);
    const { put: saved } = await object.save();

    image.removeObject(1);
    const again = await image.object(1, saved);
    expect([again.voxels, again.prompts]).toEqual([object.voxels, 2]);
    expect(await wholeMask(image, again)).toEqual(second);
    await again.undo();
    expect(await wholeMask(image, again)).toEqual(first);
    image.close();
  });

  it("is as it was after an abort, during a pass or while waiting for one", async () => {
    const image = await bench.openBall([72, 64, 56]);
    const object = await image.object(1);
    await object.apply(point([36, 32, 28]), { owner: "a" });
    const before = await object.save();

    const running = new AbortController();
    const reason = new Error("Cancelled by the person");
    const second = object.apply(point([50, 32, 28]), { owner: "a", signal: running.signal });
    const other = await image.object(2);
    const waiting = new AbortController();
    const third = other.apply(point([36, 32, 28]), {
      owner: "b",
      signal: waiting.signal,
      onProgress: ({ stage, ahead }) => {
        if (stage !== "waiting" || ahead !== 1) return;
        waiting.abort(reason);
        running.abort(reason);
      },
    });
    expect(await Promise.allSettled([second, third])).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);

    // Its head alone is written again, and is the same.
    expect(await object.save()).toEqual({ put: new Map([["", before.put.get("")]]), remove: [] });
    expect([other.voxels, other.prompts]).toEqual([0, 0]);
    const applied = await object.apply(point([50, 32, 28]), { owner: "a" });
    expect(applied.voxels).toBe(object.voxels);
    image.close();
  });

  it("refuses a point outside the volume with the segmenter's own error", async () => {
    const image = await bench.openBall([40, 36, 28]);
    const object = await image.object(1);
    const error = await object.apply(point([40, 0, 0]), { owner: "a" }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(SegmentError);
    expect(error).toMatchObject({ tag: "PromptOutsideVolume" });
    expect((error as Error).message).toContain("[40, 36, 28]");
    expect(object.prompts).toBe(0);
    image.close();
  });

  it("gives ten objects that work at once the masks they get alone", { timeout: 240_000 }, async () => {
    const sizes: Vec3[] = [
      [72, 64, 56],
      [40, 44, 36],
    ];
    const click = (image: OpenImage, n: number) => {
      const [ni, nj, nk] = image.info.size;
      return point([Math.floor(ni / 2) + (n % 5) - 2, Math.floor(nj / 2) - n, Math.floor(nk / 2)]);
    };
    const open = () => Promise.all(sizes.map((size) => bench.openBall(size)));
    const work = async (images: readonly OpenImage[], n: number) => {
      const image = images[n % images.length];
      const object = await image.object(n + 1);
      await object.apply(click(image, n), { owner: `owner ${n % 4}` });
      return wholeMask(image, object);
    };
    const numbers = Array.from({ length: 10 }, (_, n) => n);

    const alone: Uint8Array[] = [];
    const first = await open();
    for (const n of numbers) alone.push(await work(first, n));
    const second = await open();
    const together = await Promise.all(numbers.map((n) => work(second, n)));
    expect(together).toEqual(alone);
    expect(bench.engine.queue).toMatchObject({ waiting: 0, running: 0 });
    for (const image of [...first, ...second]) image.close();
  });
});
