import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { packBits, type Vec3, wholeBox } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenImage } from "./engine.ts";
import { MaskFileError } from "./mask-file.ts";
import {
  affine,
  ballVoxels,
  createBench,
  fileOf,
  patternVoxels,
  readFile,
  scaling,
  type TestBench,
  wholeMask,
} from "./testing.ts";

let bench: TestBench;

beforeAll(async () => {
  bench = await createBench();
});

afterAll(() => bench?.close());

describe("OpenImage", () => {
  it("cuts slices, as grey values and as PNG", async () => {
    const image = await bench.openBall([40, 36, 28]);
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
    const image = await bench.openBall([40, 36, 28]);
    const { volume } = await readFile(gunzipSync(await image.nifti()));
    expect(volume.data).toEqual(ballVoxels([40, 36, 28]));
    expect(volume.scaling).toEqual(scaling);
    for (const [n, value] of volume.affine.entries()) expect(value).toBeCloseTo(affine[n], 5);
    image.close();
  });

  it("merges objects into a label map where the lower label wins", async () => {
    const size: Vec3 = [40, 36, 28];
    const image = await bench.openBall(size);
    const slab = (label: number, from: number, to: number) =>
      withInitial(image, label, (_i, _j, k) => k >= from && k < to);
    await slab(300, 4, 12);
    await slab(2, 8, 20);
    const plane = 40 * 36;
    const { data } = await image.labelMap([2, 300]);
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

    const valued = [
      { label: 2, value: 5 },
      { label: 300, value: 301 },
    ];
    const { volume, header } = await readFile(gunzipSync(await image.labelNifti(valued)));
    expect(volume.data).toEqual(data.map((label) => (label === 2 ? 5 : label && 301)));
    expect(header.geometry.srow).toEqual((await readFile(fileBytes(size))).header.geometry.srow);

    const about = { name: "a", color: "#ff0000", state: "done" } as const;
    const { bytes, segments } = await image.exportFile(
      "nifti",
      valued.map((segment) => ({ ...segment, ...about })),
    );
    expect((await readFile(gunzipSync(bytes))).volume.data).toEqual(volume.data);
    expect(segments.map(({ value, voxels }) => [value, voxels])).toEqual([
      [5, data.filter((label) => label === 2).length],
      [301, data.filter((label) => label === 300).length],
    ]);

    // And back, by way of a file.
    const path = join(bench.folder, "masks.nii.gz");
    await writeFile(path, bytes);
    const masks = await image.readMasks(path);
    expect(masks.labels.map(({ value, voxels }) => [value, voxels])).toEqual(
      segments.map(({ value, voxels }) => [value, voxels]),
    );
    const again = await image.object(9);
    const cut = await image.cutMask(masks, masks.labels.slice(0, 1));
    await again.apply({ kind: "initial", ...cut }, { owner: "a", predict: false });
    expect(await wholeMask(image, again)).toEqual(packBits(Uint8Array.from(data, (label) => Number(label === 2))));
    await expect(image.readMasks(await bench.save(fileOf(patternVoxels([4, 4, 4]), [4, 4, 4])))).rejects.toThrow(
      MaskFileError,
    );
    image.close();
  });

  it("gives two who ask for the same object at once the same", async () => {
    const image = await bench.openBall([40, 36, 28]);
    const [first, second] = await Promise.all([image.object(2), image.object(2)]);
    expect(first).toBe(second);
    expect(await image.object(2)).toBe(first);
    image.close();
    await expect(image.object(2)).rejects.toThrow("The image is closed: open it again");
    await expect(
      first.maskBits([
        [0, 1],
        [0, 1],
        [0, 1],
      ]),
    ).rejects.toThrow("Object 2 was removed: create it again");
    expect(image.bytes).toBe(0);
  });

  it("refuses masks of objects it does not have and boxes outside the volume", async () => {
    const image = await bench.openBall([40, 36, 28]);
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

function fileBytes(size: Vec3): Uint8Array {
  const { header, data } = fileOf(ballVoxels(size), size);
  return Buffer.concat([header, data]);
}
