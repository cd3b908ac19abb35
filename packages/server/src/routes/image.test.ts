import { sliceAnswer } from "@septum/protocol";
import { readNifti } from "@septum/volume";
import { describe, expect, test } from "vitest";
import { start } from "../../test/start.ts";
import { affine, chunk, scan, size, upload } from "../testing/harness.ts";

describe("GET /api/slice", () => {
  test("has the first remaining axis as rows and the second as columns", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    // Grey value g stands for the value g of a window from 0 to 255.
    const shown = async (axis: number, index: number) =>
      sliceAnswer.parse((await call(id, "GET", `/api/slice/${axis}/${index}?window=255&level=127.5`)).body);
    const grey = (i: number, j: number, k: number) => Math.min(255, Math.max(0, i + 12 * (j + 10 * k) - 100));
    const axial = await shown(2, 1);
    expect([axial.slice_data.length, axial.slice_data[0].length, axial.max_slices]).toEqual([12, 10, 8]);
    expect(axial.slice_data[4][7]).toBe(grey(4, 7, 1));
    const coronal = await shown(1, 3);
    expect([coronal.slice_data.length, coronal.slice_data[0].length, coronal.max_slices]).toEqual([12, 8, 10]);
    expect(coronal.slice_data[5][2]).toBe(grey(5, 3, 2));
    const sagittal = await shown(0, 6);
    expect([sagittal.slice_data.length, sagittal.slice_data[0].length, sagittal.max_slices]).toEqual([10, 8, 12]);
    expect(sagittal.slice_data[9][2]).toBe(grey(6, 9, 2));
  });

  test("carries the points that lie on it, as column and row", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [4, 7, 1] });
    const point = { number: 1, voxel: [4, 7, 1], color: "#ff0000" };
    expect((await call(id, "GET", "/api/slice/2/1")).body.marked_points).toEqual([{ ...point, x: 7, y: 4 }]);
    expect((await call(id, "GET", "/api/slice/1/7")).body.marked_points).toEqual([{ ...point, x: 1, y: 4 }]);
    expect((await call(id, "GET", "/api/slice/0/4")).body.marked_points).toEqual([{ ...point, x: 1, y: 7 }]);
    expect((await call(id, "GET", "/api/slice/0/5")).body.marked_points).toEqual([]);
  });

  test("is a PNG for whoever asks for one", async () => {
    const { call, loaded } = await start();
    const { headers, raw } = await call(await loaded(), "GET", "/api/slice/2/1", undefined, { accept: "image/png" });
    expect(headers["content-type"]).toBe("image/png");
    expect(raw[1]).toBe(0x50);
  });
});

describe("GET /api/image", () => {
  test("is a NIfTI file with the scan's geometry, and 304 for whoever has it", async () => {
    const server = await start();
    const { call, loaded } = server;
    const id = await loaded();
    const { raw, headers } = await call(id, "GET", "/api/image");
    const { volume } = await readNifti(chunk(raw));
    expect([...volume.size]).toEqual([...size]);
    expect(volume.affine.map((value) => Number(value.toFixed(5)))).toEqual([...affine]);
    const again = await call(id, "GET", "/api/image", undefined, { "if-none-match": String(headers.etag) });
    expect([again.status, again.raw.length]).toEqual([304, 0]);
    await upload(server, id, scan());
    expect((await call(id, "GET", "/api/image", undefined, { "if-none-match": String(headers.etag) })).status).toBe(
      200,
    );
    const other = await loaded();
    expect((await call(other, "GET", "/api/image", undefined, { "if-none-match": String(headers.etag) })).status).toBe(
      200,
    );
  });
});
