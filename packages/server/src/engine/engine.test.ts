import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Prompt, SegmentError } from "@septum/segment";
import { type Affine, countBits, readNifti, type Vec3, type VoxelArray, wholeBox, writeNifti } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, OpenImage, PassProgress, SegmentObject } from "./engine.ts";
import { createEngine } from "./index.ts";
import { workerFile } from "./worker-file.ts";

const model = fileURLToPath(new URL("../../../../models/light-v0", import.meta.url));
const maxBytes = 2 ** 31;

/** Oblique, anisotropic, left-handed. */
const affine: Affine = [-0.9, 0.1, 0, 40, 0.1, 0.8, 0.3, -20, 0, -0.2, 1.5, 7, 0, 0, 0, 1];

let folder: string;
let engine: Engine;

const loading = () => ({ folder: model, cacheDir: folder, device: "cpu", threads: 2 }) as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "septum-engine-"));
  engine = await createEngine({ model: loading() });
});

afterAll(async () => {
  await engine?.close();
  await rm(folder, { recursive: true, force: true });
});

describe("openImage()", () => {
  it("decodes a file and says what it holds", async () => {
    const image = await openBall([40, 36, 28]);
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
    const scaling = { slope: 1, intercept: 0 };
    const path = await save(writeNifti({ data, size: [3, 4, 5], affine, scaling }));
    const error = await engine.openImage(path, { maxBytes }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(SegmentError);
    expect(error).toMatchObject({ tag: "ImageUnusable", message });
  });

  it("refuses what would take too much memory, and what is no image", async () => {
    const ball = await save(ballFile([40, 36, 28]));
    await expect(engine.openImage(ball, { maxBytes: 1000 })).rejects.toMatchObject({
      name: "VolumeError",
      code: "too-large",
      message: expect.stringMatching(/^The image is too large: 40 × 36 × 28 voxels of int16 take .* are allowed\.$/),
    });
    const text = join(folder, "text.nii.gz");
    await writeFile(text, "This is no image");
    await expect(engine.openImage(text, { maxBytes })).rejects.toMatchObject({ code: "not-nifti" });
  });

  it("stops decoding when it is aborted", async () => {
    const path = await save(ballFile([200, 200, 100]));
    const abort = new AbortController();
    const opening = engine.openImage(path, { maxBytes, signal: abort.signal });
    const reason = new Error("Cancelled by the person");
    setTimeout(() => abort.abort(reason), 20);
    await expect(opening).rejects.toBe(reason);
  });

  it("leaves the event loop alone while it decodes 100 MB", async () => {
    const path = await save(patternFile([400, 400, 312]), 1);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const start = performance.now();
    const image = await engine.openImage(path, { maxBytes });
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

describe("OpenImage", () => {
  it("cuts slices, as grey values and as PNG", async () => {
    const image = await openBall([40, 36, 28]);
    const slice = await image.slice({ axis: 1, index: 18 });
    expect([slice.rows, slice.columns]).toEqual([40, 28]);
    expect(slice.data[20 * 28 + 14]).toBeGreaterThan(slice.data[0]);
    const png = await image.slicePng({ axis: 1, index: 18 });
    expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    // IHDR: width = columns, height = rows
    const view = new DataView(png.buffer);
    expect([view.getUint32(16), view.getUint32(20)]).toEqual([28, 40]);
    await expect(image.slice({ axis: 2, index: 28 })).rejects.toThrow(
      "Cannot cut slice 28 of axis 2: the volume has slices 0 to 27 there",
    );
    image.close();
  });

  it("gives the image as a file with the same voxels in the same place", async () => {
    const image = await openBall([40, 36, 28]);
    const { volume } = await readNifti(chunksOf(gunzipSync(await image.nifti())));
    expect(volume.data).toEqual(ballVoxels([40, 36, 28]));
    expect(volume.scaling).toEqual({ slope: 2, intercept: -10 });
    for (const [n, value] of volume.affine.entries()) expect(value).toBeCloseTo(affine[n], 5);
    image.close();
  });

  it("merges objects into a label map where the lower label wins", async () => {
    const size: Vec3 = [40, 36, 28];
    const image = await openBall(size);
    const slab = (label: number, from: number, to: number) =>
      withInitial(image, label, (_i, _j, k) => k >= from && k < to);
    await slab(300, 4, 12);
    await slab(2, 8, 20);
    const plane = 40 * 36;
    const { data } = await image.labelMap([300, 2]);
    expect(data).toBeInstanceOf(Uint16Array);
    expect([3, 4, 7, 8, 11, 12, 19, 20].map((k) => data[k * plane])).toEqual([0, 300, 300, 2, 2, 2, 2, 0]);

    const part = await image.labelMap(
      [2],
      [
        [1, 3],
        [5, 6],
        [18, 21],
      ],
    );
    expect([...part.data]).toEqual([2, 2, 2, 2, 0, 0]);

    const { volume, header } = await readNifti(chunksOf(gunzipSync(await image.labelNifti([300, 2]))));
    expect(volume.data).toEqual(data);
    expect(header.geometry.srow).toEqual((await headerOf(size)).geometry.srow);
    image.close();
  });

  it("gives two who ask for the same object at once the same", async () => {
    const image = await openBall([40, 36, 28]);
    const [first, second] = await Promise.all([image.object(2), image.object(2)]);
    expect(first).toBe(second);
    expect(await image.object(2)).toBe(first);
    image.close();
    await expect(image.object(2)).rejects.toThrow("Cannot open object 2: the image is closed");
  });

  it("refuses masks of objects it does not have and boxes outside the volume", async () => {
    const image = await openBall([40, 36, 28]);
    await image.object(3);
    await expect(image.labelMap([3, 4])).rejects.toThrow("There is no object 4 on this image: it has 3");
    const outside = [
      [0, 41],
      [0, 36],
      [0, 28],
    ] as const;
    await expect(image.labelMap([3], outside)).rejects.toThrow(
      "Cannot read masks over [[0, 41], [0, 36], [0, 28]]: volume size is [40, 36, 28]",
    );
    image.close();
  });
});

describe("SegmentObject", () => {
  it("segments from a click, telling every pass, and undoes and resets", async () => {
    const image = await openBall([72, 64, 56]);
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

  it("shows readers the mask before or after a prompt and nothing between, and lets them read during a pass", async () => {
    const image = await openBall([72, 64, 56]);
    const object = await image.object(1);
    const before = await mask(image, object);
    let over = false;
    const applying = object.apply(point([36, 32, 28]), { owner: "a" }).finally(() => {
      over = true;
    });
    const seen: Uint8Array[] = [];
    while (!over) {
      seen.push(await mask(image, object));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await applying;
    const after = await mask(image, object);
    const whole = seen.filter((bits) => [before, after].some((known) => Buffer.compare(bits, known) === 0));
    expect(whole.length).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(3);
    image.close();
  });

  it("comes back from what was saved, history included", async () => {
    const image = await openBall([72, 64, 56]);
    const object = await image.object(1);
    await object.apply(point([36, 32, 28]), { owner: "a" });
    const first = await mask(image, object);
    await object.apply({ kind: "point", voxel: [36, 32, 45], positive: false }, { owner: "a" });
    const second = await mask(image, object);
    const saved = await object.save();

    image.removeObject(1);
    const again = await image.object(1, saved);
    expect([again.voxels, again.prompts]).toEqual([object.voxels, 2]);
    expect(await mask(image, again)).toEqual(second);
    await again.undo();
    expect(await mask(image, again)).toEqual(first);
    image.close();
  });

  it("is as it was after an abort, during a pass or while waiting for one", async () => {
    const image = await openBall([72, 64, 56]);
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

    expect(await object.save()).toEqual(before);
    expect([other.voxels, other.prompts]).toEqual([0, 0]);
    const applied = await object.apply(point([50, 32, 28]), { owner: "a" });
    expect(applied.voxels).toBe(object.voxels);
    image.close();
  });

  it("refuses a point outside the volume with the segmenter's own error", async () => {
    const image = await openBall([40, 36, 28]);
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
    const open = () => Promise.all(sizes.map((size) => openBall(size)));
    const work = async (images: readonly OpenImage[], n: number) => {
      const image = images[n % images.length];
      const object = await image.object(n + 1);
      await object.apply(click(image, n), { owner: `owner ${n % 4}` });
      return mask(image, object);
    };
    const numbers = Array.from({ length: 10 }, (_, n) => n);

    const alone: Uint8Array[] = [];
    const first = await open();
    for (const n of numbers) alone.push(await work(first, n));
    const second = await open();
    const together = await Promise.all(numbers.map((n) => work(second, n)));
    expect(together).toEqual(alone);
    expect(engine.queue).toMatchObject({ waiting: 0, running: 0 });
    for (const image of [...first, ...second]) image.close();
  });
});

describe("close()", () => {
  it("ends every thread, so that the process exits, and closed images have given their memory back", async () => {
    const path = await save(patternFile([256, 256, 200]), 1);
    const script = `
      import { createEngine } from ${JSON.stringify(workerFile("index").href)};
      const engine = await createEngine(${JSON.stringify({ model: loading() })});
      const use = async () => {
        const image = await engine.openImage(${JSON.stringify(path)}, { maxBytes: ${maxBytes} });
        await image.slice({ axis: 2, index: 3 });
        await (await image.object(1)).maskBits([[0, 256], [0, 256], [0, 200]]);
        image.close();
      };
      const resident = async () => {
        await new Promise((resolve) => setTimeout(resolve, 4500));
        return process.memoryUsage().rss;
      };
      await use();
      const before = await resident();
      for (let n = 0; n < 6; n++) await use();
      const grown = (await resident()) - before;
      await engine.close();
      process.stdout.write(JSON.stringify({ grown }));
    `;
    const node = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { timeout: 50_000 });
    const { stdout } = await node;
    // Six images of 26 MB came and went.
    expect(JSON.parse(stdout).grown).toBeLessThan(60e6);
  });
});

function point(voxel: Vec3): Prompt {
  return { kind: "point", voxel, positive: true };
}

function mask(image: OpenImage, object: SegmentObject): Promise<Uint8Array> {
  return object.maskBits(wholeBox(image.info.size));
}

/** An object given by its mask, without the network. */
async function withInitial(image: OpenImage, label: number, inside: (i: number, j: number, k: number) => boolean) {
  const [ni, nj, nk] = image.info.size;
  const data = new Uint8Array(ni * nj * nk);
  for (let n = 0; n < data.length; n++) {
    if (inside(n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj)))) data[n] = 1;
  }
  const object = await image.object(label);
  const box = wholeBox(image.info.size);
  await object.apply({ kind: "initial", mask: data, box }, { owner: "a", predict: false });
}

async function openBall(size: Vec3): Promise<OpenImage> {
  return engine.openImage(await save(ballFile(size)), { maxBytes });
}

async function headerOf(size: Vec3) {
  const { header, data } = ballFile(size);
  return (await readNifti(chunksOf(Buffer.concat([header, data])))).header;
}

function ballFile(size: Vec3) {
  return writeNifti({ data: ballVoxels(size), size, affine, scaling: { slope: 2, intercept: -10 } });
}

/** Quickly made, whatever the size. */
function patternFile(size: Vec3) {
  const data = new Int16Array(size[0] * size[1] * size[2]);
  for (let n = 0; n < data.length; n++) data[n] = Math.imul(n, 2654435761) >>> 23;
  return writeNifti({ data, size, affine, scaling: { slope: 1, intercept: 0 } });
}

/** A bright ball in the middle, on noise from a fixed seed. */
function ballVoxels([ni, nj, nk]: Vec3): Int16Array {
  const data = new Int16Array(ni * nj * nk);
  const radius = Math.min(ni, nj, nk) / 4;
  let seed = 1;
  for (let n = 0; n < data.length; n++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const away = Math.hypot((n % ni) - ni / 2, (Math.floor(n / ni) % nj) - nj / 2, Math.floor(n / (ni * nj)) - nk / 2);
    data[n] = (away < radius ? 180 : 60) + (seed >>> 27);
  }
  return data;
}

let files = 0;

async function save({ header, data }: { header: Uint8Array; data: Uint8Array }, level = 6): Promise<string> {
  const path = join(folder, `${++files}.nii.gz`);
  await writeFile(path, gzipSync(Buffer.concat([header, data]), { level }));
  return path;
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
