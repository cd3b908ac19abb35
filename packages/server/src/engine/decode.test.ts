import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { SegmentError } from "@septum/segment";
import { type VoxelArray, writeNifti } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { affine, ballVoxels, createBench, fileOf, maxBytes, patternVoxels, type TestBench } from "./testing.ts";

let bench: TestBench;

beforeAll(async () => {
  bench = await createBench();
});

afterAll(() => bench?.close());

describe("openImage()", () => {
  it("decodes a file and says what it holds", async () => {
    const image = await bench.openBall([40, 36, 28]);
    expect(image.info).toMatchObject({
      size: [40, 36, 28],
      orientation: "LAS",
      dtype: "int16",
      scaling: { slope: 2, intercept: -10 },
    });
    expect(image.info.spacing.map((mm) => Number(mm.toFixed(3)))).toEqual([0.906, 0.831, 1.53]);
    const [low, high] = image.info.window;
    const [least, largest] = image.info.range;
    expect(least <= low && low < high && high <= largest).toBe(true);
    expect(image.bytes).toBe(2 * 40 * 36 * 28);
    image.close();
  });

  it.each<[string, VoxelArray, string]>([
    ["an image of zeros", new Int16Array(60), "Cannot segment this image: every voxel is zero"],
    [
      "a constant image",
      new Uint8Array(60).fill(7),
      "Cannot segment this image: every voxel has the value 7, so there is no contrast to see",
    ],
    [
      "voxels that are not finite",
      Float32Array.from({ length: 60 }, (_, n) => (n % 20 === 3 ? Number.NaN : n)),
      "Cannot segment this image: 3 of its 60 voxels are not finite numbers; replace them first",
    ],
  ])("refuses %s", async (_, data, message) => {
    const file = writeNifti({ data, size: [3, 4, 5], affine, scaling: { slope: 1, intercept: 0 } });
    const path = await bench.save(file);
    const error = await bench.engine.openImage(path, { maxBytes }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(SegmentError);
    expect(error).toMatchObject({ tag: "ImageUnusable", message });
  });

  it("refuses what would take too much memory, and what is no image", async () => {
    const ball = await bench.save(fileOf(ballVoxels([40, 36, 28]), [40, 36, 28]));
    await expect(bench.engine.openImage(ball, { maxBytes: 1000 })).rejects.toMatchObject({
      name: "VolumeError",
      code: "too-large",
      message: expect.stringMatching(/^The image is too large: 40 × 36 × 28 voxels of int16 take .* are allowed\.$/),
    });
    const text = join(bench.folder, "text.nii.gz");
    await writeFile(text, "This is no image");
    await expect(bench.engine.openImage(text, { maxBytes })).rejects.toMatchObject({ code: "not-nifti" });
  });

  it("stops decoding when it is aborted", async () => {
    const path = await bench.save(fileOf(ballVoxels([200, 200, 100]), [200, 200, 100]));
    const abort = new AbortController();
    const opening = bench.engine.openImage(path, { maxBytes, signal: abort.signal });
    const reason = new Error("Cancelled by the person");
    setTimeout(() => abort.abort(reason), 20);
    await expect(opening).rejects.toBe(reason);
  });

  it("leaves the event loop alone while it decodes 100 MB", async () => {
    const path = await bench.save(fileOf(patternVoxels([400, 400, 312]), [400, 400, 312]), 1);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const start = performance.now();
    const image = await bench.engine.openImage(path, { maxBytes });
    const seconds = (performance.now() - start) / 1000;
    delay.disable();
    expect(image.bytes).toBe(2 * 400 * 400 * 312);
    image.close();
    const ms = (nanoseconds: number) => `${(nanoseconds / 1e6).toFixed(1)} ms`;
    process.stdout.write(
      `decoding 100 MB took ${seconds.toFixed(2)} s; event loop delay p99 ${ms(delay.percentile(99))}, ` +
        `most ${ms(delay.max)} (budget: p99 50 ms)\n`,
    );
  });
});
