import { decodeFrame } from "@septum/protocol";
import { readNifti } from "@septum/volume";
import { afterEach, describe, expect, test } from "vitest";
import { affine, chunk, type Harness, type HarnessOptions, startHarness } from "../testing/harness.ts";

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(() => harness?.app.close());

describe("results", () => {
  async function segmented(): Promise<string> {
    const id = await harness.loaded();
    await harness.call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3], point_number: 2 });
    await harness.call(id, "POST", "/api/run_segmentation");
    return id;
  }

  test("GET /api/mask gives the label map or one object, whole or in a box", async () => {
    const { call } = await start();
    const id = await segmented();
    const whole = await call(id, "GET", "/api/mask");
    expect((await decodeFrame(whole.raw)).data).toHaveLength(960);
    const part = await decodeFrame((await call(id, "GET", "/api/mask?box=3,5,3,4,3,4")).raw);
    expect(part).toEqual({
      kind: "labels",
      box: [
        [3, 5],
        [3, 4],
        [3, 4],
      ],
      data: Uint8Array.of(2, 2),
    });
    const object = await decodeFrame((await call(id, "GET", "/api/mask?label=2&box=5,8,3,4,3,4")).raw);
    expect(object).toEqual({
      kind: "mask",
      box: [
        [5, 8],
        [3, 4],
        [3, 4],
      ],
      data: Uint8Array.of(1),
    });
    expect(
      (await call(id, "GET", "/api/mask", undefined, { "if-none-match": String(whole.headers.etag) })).status,
    ).toBe(304);
  });

  test("downloads are a NIfTI file with the scan's geometry and ITK-SNAP's label file", async () => {
    const { call } = await start();
    const id = await segmented();
    expect((await call(id, "GET", "/api/status")).body.segmentation_files).toEqual([
      "segmentation.nii.gz",
      "labels.txt",
    ]);
    const file = await call(id, "GET", "/api/download/segmentation");
    expect(file.headers["content-disposition"]).toBe('attachment; filename="segmentation.nii.gz"');
    const { volume } = await readNifti(chunk(file.raw));
    expect(volume.data).toBeInstanceOf(Uint8Array);
    expect(volume.affine.map((value) => Number(value.toFixed(5)))).toEqual([...affine]);
    expect([...volume.data].reduce((a, b) => a + b)).toBe(250);
    const labels = await call(id, "GET", "/api/download/labels");
    expect(labels.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(labels.raw.toString()).toContain('    2     0  255    0        1  1  1    "Label 2"');
  });

  test("GET /api/color_template names the first labels and those in use", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3], point_number: 300 });
    const { labels } = (await call(id, "GET", "/api/color_template")).body;
    expect(labels[0]).toMatchObject({ number: 1, color: "#ff0000", name: "Label 1" });
    expect(labels.at(-1)).toMatchObject({ number: 300, color: "#fffafa", name: "Label 300" });
  });
});
