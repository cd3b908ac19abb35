import { gunzipSync } from "node:zlib";
import { decodeFrame } from "@septum/protocol";
import { readNifti } from "@septum/volume";
import { afterEach, describe, expect, test } from "vitest";
import { type Called, chunk, type Harness, type HarnessOptions, startHarness } from "../testing/harness.ts";

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(() => harness?.app.close());

const point = { kind: "point", voxel: [3, 3, 3] };
const said = ({ status, body }: Called) => [status, body.code, body.detail];

async function stepNames(id: string): Promise<string[]> {
  const { body } = await harness.call(id, "GET", "/api/history");
  return body.steps.map(({ name }: { name: string }) => name);
}

describe("POST /api/segments", () => {
  test("makes an object without voxels, whose number nobody else gets", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3], point_number: 4 });
    const made = await call(id, "POST", "/api/segments", { name: "liver", color: "#a03030", value: 9 });
    expect(made.body).toEqual({
      session_id: id,
      number: 5,
      name: "liver",
      color: "#a03030",
      value: 9,
      locked: false,
      state: "in_progress",
    });
    expect((await call(id, "POST", "/api/segments")).body).toMatchObject({ number: 6, name: "Label 6" });
    expect((await call(id, "POST", "/api/mark_point", { voxel: [4, 4, 4] })).body.point_number).toBe(7);
    const { body } = await call(id, "GET", "/api/segments");
    expect(body.segments.map(({ label, voxels, prompts }: never) => [label, voxels, prompts])).toEqual([
      [5, 0, []],
      [6, 0, []],
    ]);
    expect((await stepNames(id)).slice(1, 3)).toEqual(["new segment, liver", "new segment, Label 6"]);
  });

  test("can be undone and redone, also after the first prompt", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments", { label: 7 });
    await call(id, "POST", "/api/segments/7/prompts", point);
    await call(id, "POST", "/api/undo");
    expect((await call(id, "GET", "/api/segments")).body.segments).toMatchObject([{ label: 7, voxels: 0 }]);
    await call(id, "POST", "/api/undo");
    expect((await call(id, "GET", "/api/segments")).body.segments).toEqual([]);
    await call(id, "POST", "/api/redo");
    await call(id, "POST", "/api/redo");
    expect((await call(id, "GET", "/api/segments")).body.segments).toMatchObject([{ label: 7, voxels: 125 }]);
  });

  test("is refused without an image, with a label there is, and when there are too many", async () => {
    const { call, loaded } = await start({ settings: { maxPoints: 2 } });
    expect(said(await call(undefined, "POST", "/api/segments", {})).slice(0, 2)).toEqual([409, "no_image"]);
    const id = await loaded();
    await call(id, "POST", "/api/segments", { label: 3 });
    expect(said(await call(id, "POST", "/api/segments", { label: 3 }))).toEqual([
      409,
      "segment_exists",
      "There is an object 3 already: choose another label",
    ]);
    await call(id, "POST", "/api/segments", {});
    expect(said(await call(id, "POST", "/api/segments", {}))).toEqual([
      409,
      "limit_reached",
      "This session has 2 objects, as many as it may: remove one first",
    ]);
    expect(await stepNames(id)).toHaveLength(2);
  });
});

describe("values", () => {
  test("are what exported label maps have, and belong to one object each", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", point);
    await call(id, "POST", "/api/segments/2/prompts", { kind: "point", voxel: [8, 6, 4] });
    expect(said(await call(id, "PATCH", "/api/segments/1", { value: 2 }))).toEqual([
      409,
      "value_taken",
      "Cannot give Label 1 the value 2: Label 2 (2) has it. Give that another first",
    ]);
    expect((await call(id, "PATCH", "/api/segments/2", { value: 300 })).body.value).toBe(300);
    expect((await call(id, "PATCH", "/api/segments/1", { value: 2 })).body.value).toBe(2);
    const file = await call(id, "GET", "/api/download/segmentation");
    const { volume } = await readNifti(chunk(gunzipSync(file.raw)));
    expect([...new Set(volume.data)].sort()).toEqual([0, 2, 300]);
    const labels = (await call(id, "GET", "/api/download/labels")).raw.toString();
    expect(labels).toMatch(/\n {4}2 .*"Label 1"\n {2}300 .*"Label 2"\n$/);
    expect((await call(id, "PATCH", "/api/segments/1", { value: null })).body.value).toBe(1);
  });

  test("that an object had been given are not the next object's", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments", { label: 1, value: 2 });
    await call(id, "POST", "/api/segments/2/prompts", point);
    const { body } = await call(id, "GET", "/api/segments");
    expect(body.segments.map(({ value }: { value: number }) => value)).toEqual([2, 3]);
    expect((await call(id, "POST", "/api/mark_point", { voxel: [4, 4, 4], point_number: 3 })).status).toBe(200);
    expect((await call(id, "GET", "/api/color_template")).body.labels[2]).toMatchObject({ number: 3, value: 4 });
  });
});

describe("states", () => {
  test("are kept, and each change is one named step", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments", { name: "liver" });
    expect((await call(id, "PATCH", "/api/segments/1", { state: "done" })).body.state).toBe("done");
    await call(id, "PATCH", "/api/segments/1", { state: "done" });
    await call(id, "PATCH", "/api/segments/1", { locked: true });
    await call(id, "PATCH", "/api/segments/1", { locked: false, value: 4, state: "todo" });
    await call(id, "PATCH", "/api/segments/1", { state: "in_progress" });
    expect((await stepNames(id)).slice(1)).toEqual([
      "liver is done",
      "locked liver",
      "value 4 for liver, unlocked liver, liver is to do",
      "liver is in progress",
    ]);
    for (const body of [{ state: "finished" }, { value: 0 }, { value: 65536 }, { locked: null }]) {
      expect(said(await call(id, "PATCH", "/api/segments/1", body)).slice(0, 2)).toEqual([400, "bad_request"]);
    }
  });
});

describe("locked objects", () => {
  async function locked(): Promise<string> {
    const id = await harness.loaded();
    await harness.call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3], point_number: 2 });
    await harness.call(id, "POST", "/api/run_segmentation");
    await harness.call(id, "PATCH", "/api/segments/2", { name: "liver", locked: true });
    return id;
  }

  test("refuse every change of their mask until they are unlocked", async () => {
    const { call } = await start();
    const id = await locked();
    const refused = [
      ["POST", "/api/segments/2/prompts", point],
      ["PATCH", "/api/segments/2/prompts/0", { positive: false }],
      ["DELETE", "/api/segments/2/prompts/0"],
      ["POST", "/api/segments/2/undo"],
      ["POST", "/api/segments/2/reset"],
      ["DELETE", "/api/segments/2"],
      ["DELETE", "/api/remove_point/2"],
      ["DELETE", "/api/points"],
    ] as const;
    for (const [method, url, body] of refused) {
      expect(said(await call(id, method, url, body))).toEqual([
        409,
        "segment_locked",
        "liver (2) is locked, so that nothing changes it: unlock it first",
      ]);
    }
    expect((await call(id, "GET", "/api/status")).body).toMatchObject({ mask_revision: 3, total_points: 1 });
    await call(id, "PATCH", "/api/segments/2", { locked: false });
    expect((await call(id, "POST", "/api/segments/2/prompts", point)).status).toBe(200);
  });

  test("are left out of a run, and refuse one that names them", async () => {
    const { call } = await start();
    const id = await locked();
    await call(id, "POST", "/api/mark_point", { voxel: [8, 6, 4], point_number: 2 });
    await call(id, "POST", "/api/mark_point", { voxel: [8, 6, 4], point_number: 3 });
    expect((await call(id, "POST", "/api/run_segmentation", { numbers: [3, 2] })).body.code).toBe("segment_locked");
    const { body } = await call(id, "POST", "/api/run_segmentation");
    expect(body.segments.map(({ label, unchanged }: never) => [label, unchanged])).toEqual([
      [2, true],
      [3, false],
    ]);
    expect((await call(id, "GET", "/api/mask?label=2&box=3,4,3,4,3,4")).raw).not.toHaveLength(0);
  });

  test("win a voxel that several objects have, and the masks' revision tells so", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", point);
    await call(id, "POST", "/api/segments/2/prompts", point);
    const voxel = async () => {
      const { raw, headers } = await call(id, "GET", "/api/mask?box=3,4,3,4,3,4");
      return [(await decodeFrame(raw)).data[0], headers.etag];
    };
    const [before, tag] = await voxel();
    await call(id, "PATCH", "/api/segments/2", { locked: true });
    const [after, other] = await voxel();
    expect([before, after, tag === other]).toEqual([1, 2, false]);
    await call(id, "POST", "/api/undo");
    expect((await voxel())[0]).toBe(1);
  });

  test("go with an undo of the session, whose last step may be the lock", async () => {
    const { call } = await start();
    const id = await locked();
    await call(id, "POST", "/api/undo");
    const { body } = await call(id, "POST", "/api/undo");
    expect(body.segments).toMatchObject([{ label: 2, removed: true }]);
  });
});

describe("GET /api/segments?voxel=", () => {
  test("lists those that have the voxel, a locked one first, then the lower label", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    for (const [label, voxel] of [
      [5, [3, 3, 3]],
      [9, [4, 4, 4]],
      [2, [5, 5, 5]],
    ]) {
      await call(id, "POST", `/api/segments/${label}/prompts`, { kind: "point", voxel });
    }
    await call(id, "POST", "/api/segments", { label: 1 });
    const at = async (voxel: string) => {
      const { body } = await call(id, "GET", `/api/segments?voxel=${voxel}`);
      return body.segments.map(({ label }: { label: number }) => label);
    };
    // Balls of two voxels around the points.
    expect(await at("4,4,4")).toEqual([2, 5, 9]);
    expect(await at("1,3,3")).toEqual([5]);
    expect(await at("11,9,7")).toEqual([]);
    await call(id, "PATCH", "/api/segments/9", { locked: true });
    expect(await at("4,4,4")).toEqual([9, 2, 5]);
    const { raw } = await call(id, "GET", "/api/mask?box=4,5,4,5,4,5");
    expect([...(await decodeFrame(raw)).data]).toEqual([9]);
  });

  test("refuses voxels beside the volume and what is no voxel", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    expect(said(await call(id, "GET", "/api/segments?voxel=3,10,3"))).toEqual([
      400,
      "outside_volume",
      "There is no voxel [3, 10, 3]: volume size is [12, 10, 8]",
    ]);
    expect((await call(id, "GET", "/api/segments?voxel=3,3")).body.code).toBe("bad_request");
  });
});

describe("moving a prompt by an offset", () => {
  test("moves whatever was drawn, and where the list says it is", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    const prompt = (body: object) => call(id, "POST", "/api/segments/1/prompts", body);
    await prompt({
      kind: "scribble",
      axis: 1,
      slice_index: 2,
      points: [
        [1, 2],
        [3, 2],
      ],
      radius: 0.5,
    });
    await prompt(point);
    const move = (n: number, body: object) => call(id, "PATCH", `/api/segments/1/prompts/${n}`, body);
    expect((await move(0, { offset: [4, 3, 2] })).body).toMatchObject({ prompts: 2 });
    expect((await move(1, { offset: [0, 1, -1], positive: false })).status).toBe(200);
    const { body } = await call(id, "GET", "/api/segments");
    expect(body.segments[0].prompts).toEqual([
      {
        kind: "scribble",
        positive: true,
        box: [
          [6, 7],
          [5, 6],
          [3, 6],
        ],
        axis: 1,
        slice_index: 5,
        points: [
          [3, 6],
          [5, 6],
        ],
        radius: 0.5,
      },
      { kind: "point", positive: false, voxel: [3, 4, 2] },
    ]);
    expect((await stepNames(id)).slice(2)).toEqual(["moved prompt 1 of Label 1", "moved prompt 2 of Label 1"]);
  });
});
