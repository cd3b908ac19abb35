import { labelColor } from "@septum/protocol";
import { describe, expect, test } from "vitest";
import { start } from "../../test/start.ts";

describe("points", () => {
  test("take the last number plus one, or the given number, and move when it is used again", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    const mark = async (body: object) => (await call(id, "POST", "/api/mark_point", body)).body;
    expect(await mark({ voxel: [1, 2, 3] })).toEqual({
      message: "Point 1 was marked",
      session_id: id,
      point_number: 1,
      total_points: 1,
      voxel: [1, 2, 3],
      color: "#ff0000",
    });
    expect(await mark({ voxel: [1, 2, 3], point_number: 5 })).toMatchObject({ point_number: 5, total_points: 2 });
    expect(await mark({ voxel: [0, 0, 0] })).toMatchObject({ point_number: 6, total_points: 3 });
    expect(await mark({ voxel: [2, 2, 2], point_number: 5 })).toMatchObject({
      point_number: 5,
      total_points: 3,
      voxel: [2, 2, 2],
    });
    const { body } = await call(id, "GET", "/api/points");
    expect(body.points).toEqual([
      { number: 1, voxel: [1, 2, 3], color: labelColor(1) },
      { number: 5, voxel: [2, 2, 2], color: labelColor(5) },
      { number: 6, voxel: [0, 0, 0], color: labelColor(6) },
    ]);
    expect(body.by_slice).toEqual({
      0: { 0: [6], 1: [1], 2: [5] },
      1: { 0: [6], 2: [1, 5] },
      2: { 0: [6], 2: [5], 3: [1] },
    });
  });

  test.each([
    [2, { x: 7, y: 4 }, [4, 7, 1]],
    [1, { x: 7, y: 4 }, [4, 1, 7]],
    [0, { x: 7, y: 4 }, [1, 4, 7]],
  ])("on a slice of axis %i count x along columns and y along rows", async (axis, point, voxel) => {
    const { call, loaded } = await start();
    const { body } = await call(await loaded(), "POST", "/api/mark_point", { axis, slice_index: 1, point });
    expect(body.voxel).toEqual(voxel);
  });

  test("are removed with the object made from them, one by one or all at once", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    for (const voxel of [
      [2, 2, 2],
      [9, 8, 6],
      [6, 5, 4],
    ])
      await call(id, "POST", "/api/mark_point", { voxel });
    await call(id, "POST", "/api/run_segmentation", { numbers: [1, 2] });
    await call(id, "POST", "/api/segments/9/prompts", { kind: "point", voxel: [6, 6, 6] });
    expect((await call(id, "DELETE", "/api/remove_point/1")).body).toEqual({
      message: "Point 1 was removed",
      session_id: id,
      total_points: 2,
    });
    const labels = async () =>
      (await call(id, "GET", "/api/segments")).body.segments.map(({ label }: { label: number }) => label);
    expect(await labels()).toEqual([2, 9]);
    const gone = await call(id, "DELETE", "/api/remove_point/1");
    expect([gone.status, gone.body]).toEqual([
      404,
      { detail: "There is no point 1: marked are 2, 3", code: "point_not_found" },
    ]);
    expect((await call(id, "DELETE", "/api/points")).body.total_points).toBe(0);
    expect(await labels()).toEqual([9]);
    expect((await call(id, "DELETE", "/api/segments/9")).status).toBe(200);
    expect(await labels()).toEqual([]);
  });
});
