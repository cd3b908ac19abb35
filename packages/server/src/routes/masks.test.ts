import { gzipSync } from "node:zlib";
import { decodeFrame, errorStatus } from "@septum/protocol";
import { type Affine, type Vec3, type VoxelArray, writeNifti, writeSegNrrdHeader } from "@septum/volume";
import { afterEach, describe, expect, test, vi } from "vitest";
import { affine, type Called, type Harness, size, startHarness, upload } from "../testing/harness.ts";

let harness: Harness;

afterEach(() => harness?.app.close());

const total = 12 * 10 * 8;

/** A label map with a rod of each value along `i`, at `j` = 1, 2, … */
function rods(values: readonly number[]): number[] {
  const data = new Array<number>(total).fill(0);
  for (const [n, value] of values.entries()) data.fill(value, 12 * (n + 1) + 2, 12 * (n + 1) + 2 + 5 + n);
  return data;
}

function file(data: VoxelArray, grid: Affine = affine, extent: Vec3 = size, scaling = { slope: 1, intercept: 0 }) {
  const parts = writeNifti({ data, size: extent, affine: grid, scaling });
  return gzipSync(Buffer.concat([parts.header, parts.data]));
}

const send = (id: string, bytes: Uint8Array, query = ""): Promise<Called> =>
  upload(harness, id, bytes, "file", `/api/masks${query}`);
const history = async (id: string) => (await harness.call(id, "GET", "/api/history")).body;
const segments = async (id: string) => (await harness.call(id, "GET", "/api/segments")).body.segments;
async function labelMap(id: string): Promise<number[]> {
  const { raw } = await harness.call(id, "GET", "/api/mask");
  return [...(await decodeFrame(raw)).data];
}

describe("POST /api/masks", () => {
  test("makes an object of every label, in one step", async () => {
    harness = await startHarness();
    const id = await harness.loaded();
    const { status, body } = await send(id, file(Uint16Array.from(rods([3, 300, 7]))));
    expect(status).toBe(200);
    expect(body.segments).toEqual([
      { label: 3, value: 3, name: "Label 3", voxels: 5 },
      { label: 7, value: 7, name: "Label 7", voxels: 7 },
      { label: 300, value: 300, name: "Label 300", voxels: 6 },
    ]);
    expect(await labelMap(id)).toEqual(rods([3, 300, 7]));
    expect((await segments(id))[0].prompts).toEqual([{ kind: "mask", positive: true }]);
    expect((await history(id)).steps.map(({ name }: { name: string }) => name)).toEqual([
      "masks from a file: 3, 7, 300",
    ]);

    await harness.call(id, "POST", "/api/undo");
    expect(await segments(id)).toEqual([]);
    await harness.call(id, "POST", "/api/redo");
    expect(await labelMap(id)).toEqual(rods([3, 300, 7]));
    // The start of what follows.
    const more = await harness.call(id, "POST", "/api/segments/3/prompts", { kind: "point", voxel: [6, 5, 4] });
    expect([more.body.prompts, more.body.voxels]).toEqual([2, 130]);
  });

  test("takes every number type, and scaled numbers that are whole", async () => {
    harness = await startHarness();
    const data = rods([1, 2, 100]);
    const types = [Int8Array, Uint8Array, Int16Array, Int32Array, Uint32Array, Float32Array, Float64Array];
    for (const type of types) {
      const id = await harness.loaded();
      expect([(await send(id, file(type.from(data)))).status, await labelMap(id)]).toEqual([200, data]);
    }
    const id = await harness.loaded();
    const scaled = file(
      Int16Array.from(data, (value) => 4 * value - 8),
      affine,
      size,
      { slope: 0.25, intercept: 2 },
    );
    expect([(await send(id, scaled)).status, await labelMap(id)]).toEqual([200, data]);
  });

  test("turns a file whose axes run the other way, and no voxel is made up", async () => {
    harness = await startHarness();
    const id = await harness.loaded();
    const data = rods([1, 2]);
    // The same place in the world with i backwards.
    const [a, b, c, x, d, e, f, y, g, h, l, z] = affine;
    const flipped = [-a, b, c, x + 11 * a, -d, e, f, y + 11 * d, -g, h, l, z + 11 * g, 0, 0, 0, 1];
    const backwards = Uint8Array.from(data, (_, n) => data[n - (n % 12) + 11 - (n % 12)]);
    expect((await send(id, file(backwards, flipped))).status).toBe(200);
    expect(await labelMap(id)).toEqual(data);
  });

  test("brings names, colours, states and overlaps of an exported segmentation back", async () => {
    harness = await startHarness();
    const id = await harness.loaded();
    const { call } = harness;
    await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [4, 5, 4] });
    await call(id, "POST", "/api/segments/2/prompts", { kind: "point", voxel: [6, 5, 4] });
    await call(id, "PATCH", "/api/segments/2", { name: "Läsion \\ 2", color: "#a03030", value: 300, state: "done" });
    const exported = await call(id, "GET", "/api/export?format=seg.nrrd");
    const other = await harness.loaded();
    const { body } = await send(other, exported.raw);
    expect(body.segments.map(({ value, name, voxels }: Record<string, unknown>) => [value, name, voxels])).toEqual([
      [1, "Label 1", 125],
      [300, "Läsion \\ 2", 125],
    ]);
    const [, lesion] = await segments(other);
    expect(lesion).toMatchObject({ label: 300, value: 300, color: "#a03030", state: "done" });
    for (const [from, to] of [
      [1, 1],
      [2, 300],
    ]) {
      const [before, after] = await Promise.all([
        call(id, "GET", `/api/mask?label=${from}`),
        call(other, "GET", `/api/mask?label=${to}`),
      ]);
      expect(after.raw).toEqual(before.raw);
    }
  });

  test("gives a label of the file another number where that is in use, and leaves the objects there alone", async () => {
    harness = await startHarness();
    const id = await harness.loaded();
    await harness.call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [4, 5, 4] });
    await harness.call(id, "PATCH", "/api/segments/1", { locked: true, value: 9 });
    const { body } = await send(id, file(Uint8Array.from(rods([1, 2, 9]))));
    const found = body.segments.map(({ label, value, voxels }: Record<string, number>) => [label, value, voxels]);
    expect(found).toEqual([
      [10, 1, 5],
      [2, 2, 6],
      [9, 11, 7],
    ]);
    expect((await segments(id))[0]).toMatchObject({ label: 1, value: 9, voxels: 125, locked: true });
  });

  test("puts all of the file in the place of one object, unless that is locked", async () => {
    harness = await startHarness();
    const id = await harness.loaded();
    await harness.call(id, "POST", "/api/segments/4/prompts", { kind: "point", voxel: [4, 5, 4] });
    await harness.call(id, "PATCH", "/api/segments/4", { name: "liver" });
    const { body } = await send(id, file(Uint8Array.from(rods([1, 2]))), "?into=4");
    expect(body.segments).toEqual([{ label: 4, value: 4, name: "liver", voxels: 11 }]);
    expect(await labelMap(id)).toEqual(rods([4, 4]));
    await harness.call(id, "PATCH", "/api/segments/4", { locked: true });
    const locked = await send(id, file(Uint8Array.from(rods([1]))), "?into=4");
    expect([locked.status, locked.body.code]).toEqual([409, "segment_locked"]);
    await harness.call(id, "PATCH", "/api/segments/4", { locked: false });
    for (let n = 0; n < 3; n++) await harness.call(id, "POST", "/api/undo");
    await harness.call(id, "POST", "/api/undo");
    expect((await segments(id))[0]).toMatchObject({ label: 4, voxels: 125, prompts: [{ kind: "point" }] });
  });

  test("refuses what is no mask of this scan, and changes nothing", async () => {
    harness = await startHarness({ settings: { maxPoints: 2 } });
    const id = await harness.loaded();
    const moved = affine.map((value, n) => (n === 11 ? value + 1 : value));
    const cases: [bytes: Uint8Array, code: string, detail: string][] = [
      [
        file(Uint8Array.from(rods([1])), moved),
        "other_grid",
        "it has 12 × 10 × 8 voxels of 0.906 × 0.831 × 1.53 mm, LAS, from [40, -20, 8] on; the scan has 12 × 10 × 8 voxels of 0.906 × 0.831 × 1.53 mm, LAS, from [40, -20, 7] on",
      ],
      [file(new Uint8Array(2 * total), affine, [12, 10, 16]), "other_grid", "it has 12 × 10 × 16 voxels"],
      [file(new Uint8Array(total)), "unusable_mask", "The file has no object in it: every voxel is 0"],
      [file(Float32Array.from(rods([1.5]))), "unusable_mask", "Voxel [2, 1, 0] of the file is 1.5: a label map has"],
      [file(Float32Array.from(rods([Number.NaN]))), "unusable_mask", "is NaN: a label map has"],
      [file(Int16Array.from(rods([-1]))), "unusable_mask", "is -1: a label map has whole numbers from 0 to 65535"],
      [file(Int32Array.from(rods([70000]))), "unusable_mask", "is 70000"],
      [
        file(Uint8Array.from(rods([1, 2, 3]))),
        "limit_reached",
        "The file has 3 objects and this session 0: it may have 2",
      ],
      [Buffer.from("not an image"), "unreadable_image", ""],
      [file(Uint8Array.from(rods([1]))).subarray(0, -12), "unreadable_image", "cut off"],
      [new Uint8Array(0), "unreadable_image", "The file is empty"],
    ];
    for (const [bytes, code, detail] of cases) {
      const { status, body } = await send(id, bytes);
      expect([status, body.code]).toEqual([errorStatus[code as keyof typeof errorStatus], code]);
      expect(body.detail).toContain(detail);
    }
    expect([await segments(id), (await history(id)).steps]).toEqual([[], []]);
    const none = (await harness.call(undefined, "POST", "/api/session")).body.session_id;
    expect((await send(none, file(Uint8Array.from(rods([1]))))).body.code).toBe("no_image");
    const field = await upload(harness, id, file(Uint8Array.from(rods([1]))), "mask", "/api/masks");
    expect(field.body.code).toBe("wrong_field");
  });

  test("needs room for what a file unpacks to before it is unpacked, and none for a file of another grid", async () => {
    harness = await startHarness({ app: { memoryBudget: 3 * 3.5 * total } });
    const id = await harness.loaded();
    const reading = vi.spyOn([...harness.engine.open][0], "readMasks");
    const { status, body } = await send(id, file(Float64Array.from(rods([1]))));
    expect([status, body.code]).toEqual([503, "unavailable"]);
    expect(body.detail).toMatch(/^Reading this file needs 0.01 MB of memory, and/);
    expect(reading).not.toHaveBeenCalled();
    expect((await send(id, file(Uint8Array.from(rods([1]))))).status).toBe(200);

    // Whatever the header says, no voxel of it is read.
    const grid = { size: [2000, 2000, 2000], affine, layers: 1, dtype: "uint8" } as const;
    const segment = { id: "a", name: "a", color: "#dd8265", value: 1, layer: 0, status: "completed" } as const;
    const head = writeSegNrrdHeader({ ...grid, segments: [segment] });
    expect((await send(id, head)).body).toMatchObject({ code: "other_grid" });
  });
});
