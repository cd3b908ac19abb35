import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inChunks } from "../testing/bytes.ts";
import { counting, niftiBytes } from "../testing/nifti.ts";
import { type NiftiImage, type NiftiParts, readNifti, type Volume, writeNifti } from "./index.ts";

function read({ header, data }: NiftiParts): Promise<NiftiImage> {
  const bytes = new Uint8Array(header.length + data.length);
  bytes.set(header);
  bytes.set(data, header.length);
  return readNifti(inChunks(bytes, bytes.length));
}

const arrays = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array];

const float32 = fc.float({ min: Math.fround(-500), max: Math.fround(500), noNaN: true }).map((value) => value + 0);

/** Any grid, sheared ones too, in numbers that float32 holds. */
const affines = fc
  .tuple(fc.array(float32, { minLength: 12, maxLength: 12 }), fc.constantFrom(0.25, 1, 40))
  .map(([numbers, edge]) => [
    ...numbers.map((value, n) => Math.fround(n % 5 === 0 ? 600 * edge + value : n % 4 === 3 ? value : value / 4)),
    ...[0, 0, 0, 1],
  ]);

const volumes = fc
  .record({
    size: fc.tuple(
      ...([1, 2, 3].map(() => fc.integer({ min: 1, max: 5 })) as [
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
      ]),
    ),
    affine: affines,
    array: fc.constantFrom(...arrays),
    scaling: fc.constantFrom({ slope: 1, intercept: 0 }, { slope: -0.5, intercept: 12.25 }),
    bytes: fc.uint8Array({ minLength: 1000, maxLength: 1000 }),
  })
  .map(({ size, affine, array, scaling, bytes }): Volume => {
    return { data: new array(bytes.buffer.slice(0), 0, size[0] * size[1] * size[2]), size, affine, scaling };
  });

describe("writeNifti()", () => {
  test("gives a file that reads back as the same volume", async () => {
    await fc.assert(
      fc.asyncProperty(volumes, async (volume) => {
        const { volume: again, header } = await read(writeNifti(volume));
        expect(again).toEqual(volume);
        expect(header).toMatchObject({ version: 1, littleEndian: true, pair: false, intentCode: 0 });
      }),
    );
  });

  test("writes only the volume's part of a larger buffer, shared memory too", async () => {
    const buffer = new SharedArrayBuffer(200);
    const data = new Int16Array(buffer, 40, 60).fill(7);
    const parts = writeNifti({ ...counting, data });
    expect([parts.header.length, parts.data.length]).toEqual([352, 120]);
    expect([...(await read(parts)).volume.data]).toEqual(new Array(60).fill(7));
  });

  test("becomes NIfTI-2 when an axis is longer than 32767", async () => {
    const size = [2, 32768, 1] as const;
    const { volume, header } = await read(writeNifti({ ...counting, data: new Uint8Array(65536), size }));
    expect(header).toMatchObject({ version: 2, voxelOffset: 544 });
    expect(volume.size).toEqual(size);
    const shorter = writeNifti({ ...counting, data: new Uint8Array(32767), size: [1, 32767, 1] });
    expect((await read(shorter)).header.version).toBe(1);
  });

  test("marks a label map and takes its numbers as they are stored", async () => {
    const scaled = { ...counting, scaling: { slope: 2, intercept: 5 } };
    const { volume, header } = await read(writeNifti(scaled, { labels: true, description: "Septum" }));
    expect(volume.scaling).toEqual({ slope: 1, intercept: 0 });
    expect(header).toMatchObject({ intentCode: 1002, description: "Septum" });
  });

  test("cuts a long description between two letters", async () => {
    const { header } = await read(writeNifti(counting, { description: "ä".repeat(100) }));
    expect(header.description).toBe("ä".repeat(39));
  });

  test("writes both forms, or the sform alone where shear leaves no qform", async () => {
    const squared = { ...counting, affine: [0, -3, 0, 5, 2, 0, 0, 6, 0, 0, -4, 7, 0, 0, 0, 1] };
    const square = (await read(writeNifti(squared))).header.geometry;
    expect(square).toMatchObject({ sformCode: 1, qformCode: 1, pixdim: [-1, 2, 3, 4, 1, 1, 1, 1], xyztUnits: 2 });
    const sheared = (await read(writeNifti(counting))).header.geometry;
    expect(sheared).toMatchObject({ sformCode: 1, qformCode: 0 });
  });

  test("refuses voxels that do not fill the size, and grids without volume", () => {
    const message = "Cannot write 60 voxels as a volume of 3 × 4 × 6.";
    expect(() => writeNifti({ ...counting, size: [3, 4, 6] })).toThrow(message);
    expect(() => writeNifti({ ...counting, size: [-3, -4, 5] })).toThrow("as a volume of -3 × -4 × 5");
    expect(() => writeNifti({ ...counting, affine: new Array(16).fill(0) })).toThrow("is singular");
  });
});

describe("writeNifti() with the source's header", () => {
  const float =
    (at: number, ...values: number[]) =>
    (view: DataView) => {
      values.forEach((value, n) => {
        view.setFloat32(at + 4 * n, value, true);
      });
    };
  const codes = (qform: number, sform: number) => (view: DataView) => {
    view.setInt16(252, qform, true);
    view.setInt16(254, sform, true);
  };
  const qform = float(256, 0, 0, Math.SQRT1_2, 5, 6, 7);

  test.each<[string, ((view: DataView) => void)[]]>([
    ["sform and qform that differ", [codes(1, 4), qform]],
    ["a qform alone", [codes(3, 0), qform, float(76, -1, 2, 3, 4)]],
    ["neither form", [codes(0, 0), float(80, 2, 3, 4)]],
    ["a unit other than mm", [(view) => view.setUint8(123, 3 | 8)]],
  ])("keeps %s, for a label map on the same grid", async (_name, edits) => {
    const bytes = niftiBytes(counting, (view) => {
      for (const edit of edits) edit(view);
    });
    const source = await readNifti(inChunks(bytes, 100));
    const labels = { ...source.volume, data: new Uint8Array(60).fill(3) };
    const again = await read(writeNifti(labels, { source: source.header, labels: true }));
    expect(again.volume.affine).toEqual(source.volume.affine);
    expect(again.header.geometry).toEqual(source.header.geometry);
    expect(again.header.dtype).toBe("uint8");
  });

  test("keeps an image of two dimensions one of two", async () => {
    const slice = { ...counting, data: counting.data.slice(0, 12), size: [3, 4, 1] as const };
    const bytes = niftiBytes(slice, (view) => view.setInt16(40, 2, true));
    const source = await readNifti(inChunks(bytes, 100));
    const again = await read(writeNifti(source.volume, { source: source.header }));
    expect(again.header.dims).toEqual([3, 4]);
    expect(again.volume).toEqual(source.volume);
  });

  test("follows the volume when it lies elsewhere", async () => {
    const { header: source } = await read(writeNifti(counting));
    const moved = { ...counting, affine: counting.affine.map((value, n) => (n === 3 ? value + 1 : value)) };
    expect((await read(writeNifti(moved, { source }))).volume.affine).toEqual(moved.affine);
  });
});
