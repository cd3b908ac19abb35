import { decodeFrame, unpackBits } from "@septum/protocol";
import { memoryStore } from "@septum/store";
import { afterEach, describe, expect, test } from "vitest";
import { type Harness, type HarnessOptions, scan, startHarness, upload } from "../testing/harness.ts";
import { segmenterEngine } from "../testing/segmenter-engine.ts";

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(() => harness?.app.close());

describe("prompts", () => {
  const box = (body: { changed_box: unknown }) => JSON.stringify(body.changed_box);

  test("of every kind are drawn where they were said, and undone one by one", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    const prompt = async (body: object) => (await call(id, "POST", "/api/segments/3/prompts", body)).body;
    expect(await prompt({ kind: "point", voxel: [6, 5, 4] })).toMatchObject({
      label: 3,
      voxels: 125,
      prompts: 1,
      passes: 2,
      changed_box: [
        [4, 9],
        [3, 8],
        [2, 7],
      ],
    });
    const flat = {
      kind: "box",
      box: [
        [0, 3],
        [0, 2],
        [7, 8],
      ],
    };
    expect((await prompt(flat)).voxels).toBe(131);
    expect(
      (
        await prompt({
          kind: "scribble",
          axis: 2,
          slice_index: 0,
          points: [
            [0, 0],
            [4, 0],
          ],
        })
      ).voxels,
    ).toBe(131 + 11);
    expect(
      (
        await prompt({
          kind: "lasso",
          axis: 0,
          slice_index: 11,
          points: [
            [0, 0],
            [2, 0],
            [2, 3],
            [0, 3],
          ],
        })
      ).voxels,
    ).toBe(131 + 11 + 12);
    expect((await prompt({ kind: "scribble", voxels: [[11, 9, 7]], radius: 0.5, predict: false })).passes).toBe(0);
    const { body } = await call(id, "GET", "/api/segments");
    expect(body.segments).toEqual([
      {
        label: 3,
        name: "Label 3",
        color: "#0000ff",
        value: 3,
        locked: false,
        state: "in_progress",
        voxels: 155,
        prompts: [
          { kind: "point", voxel: [6, 5, 4], positive: true },
          { ...flat, positive: true },
          {
            kind: "scribble",
            box: [
              [0, 2],
              [0, 6],
              [0, 1],
            ],
            positive: true,
            axis: 2,
            slice_index: 0,
            points: [
              [0, 0],
              [4, 0],
            ],
            radius: 1,
          },
          {
            kind: "lasso",
            box: [
              [11, 12],
              [0, 4],
              [0, 3],
            ],
            positive: true,
            axis: 0,
            slice_index: 11,
            points: [
              [0, 0],
              [2, 0],
              [2, 3],
              [0, 3],
            ],
          },
          {
            kind: "scribble",
            box: [
              [11, 12],
              [9, 10],
              [7, 8],
            ],
            positive: true,
          },
        ],
      },
    ]);
    for (const voxels of [154, 142, 131, 125])
      expect((await call(id, "POST", "/api/segments/3/undo")).body.voxels).toBe(voxels);
    expect((await call(id, "POST", "/api/segments/3/reset")).body).toMatchObject({ voxels: 0, prompts: 0 });
    expect((await call(id, "POST", "/api/segments/3/undo")).body).toMatchObject({ voxels: 125, prompts: 1 });
    expect((await call(id, "POST", "/api/segments/3/undo")).body).toMatchObject({ voxels: 0, prompts: 0 });
    const nothing = await call(id, "POST", "/api/segments/3/undo");
    expect([nothing.status, nothing.body.code]).toEqual([409, "nothing_to_undo"]);
  });

  test("answer with the frame of the changed box when asked for", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [2, 2, 2] });
    const url = "/api/segments/2/prompts";
    const point = { kind: "point", voxel: [6, 2, 2] };
    const { raw, headers } = await call(id, "POST", url, point, { accept: "application/octet-stream" });
    const change = JSON.parse(String(headers["x-septum-result"]));
    const mask = await decodeFrame(raw);
    expect(mask.kind).toBe("mask");
    expect(JSON.stringify(mask.box)).toBe(box(change));
    expect(unpackBits(mask.data as Uint8Array, 125).every((voxel) => voxel === 1)).toBe(true);
    const labels = await call(id, "POST", `${url}?frame=labels`, { ...point, positive: false });
    const frame = await decodeFrame(labels.raw);
    expect(frame.kind).toBe("labels");
    expect([...new Set(frame.data)].sort()).toEqual([0, 1]);
  });

  test("are predicted again as they were asked for when an earlier one is changed, after a restart, too", async () => {
    const store = memoryStore();
    const startWithSegmenters = () => start({ store, app: { engine: segmenterEngine() } });
    const { app, call, loaded } = await startWithSegmenters();
    const id = await loaded();
    const path = "/api/segments/1/prompts";
    const passes = async (autozoom: boolean) => {
      const { body } = await call(id, "POST", path, { kind: "point", voxel: [6, 5, 4], autozoom });
      return body.passes;
    };
    await call(id, "POST", path, { kind: "point", voxel: [2, 2, 2], predict: false });
    const zoomed = await passes(true);
    expect((await call(id, "PATCH", `${path}/0`, { voxel: [3, 2, 2] })).body.passes).toBe(zoomed);
    await call(id, "POST", "/api/undo");
    await call(id, "POST", "/api/undo");
    const near = await passes(false);
    expect([near, zoomed > near]).toEqual([1, true]);
    expect((await call(id, "PATCH", `${path}/0`, { voxel: [3, 2, 2] })).body.passes).toBe(near);
    await app.close();
    const again = await startWithSegmenters();
    expect((await again.call(id, "PATCH", `${path}/0`, { voxel: [2, 2, 2] })).body.passes).toBe(near);
  });

  test("that fail on disk leave the session as it was", async () => {
    const store = memoryStore();
    const { call, loaded } = await start({ store });
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [3, 3, 3] });
    const { commit } = store;
    store.commit = async () => {
      throw Object.assign(new Error("no space left on /var/secret"), { name: "StoreFull" });
    };
    const failed = await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [9, 8, 6] });
    expect([failed.status, failed.body]).toEqual([
      503,
      { detail: "The server's disk is full: nothing was changed. Try again later", code: "unavailable" },
    ]);
    expect((await call(id, "POST", "/api/mark_point", { voxel: [1, 1, 1] })).status).toBe(503);
    expect((await upload(harness, id, scan())).status).toBe(503);
    store.commit = commit;
    const { body } = await call(id, "GET", "/api/status");
    expect(body).toMatchObject({ total_points: 0, image_revision: 1, segments: [{ label: 1, voxels: 125 }] });
    const frame = await decodeFrame((await call(id, "GET", "/api/mask?label=1")).raw);
    expect(unpackBits(frame.data as Uint8Array, 960).reduce((a, b) => a + b)).toBe(125);
  });

  test("meant for an image that was replaced while they waited are dropped", async () => {
    let reached = () => {};
    let release = () => {};
    const inPass = new Promise<void>((resolve) => (reached = resolve));
    const held = new Promise<void>((resolve) => (release = resolve));
    const { call, loaded, engine } = await start({
      onPass: () => {
        reached();
        return held;
      },
    });
    const id = await loaded();
    const point = { kind: "point", voxel: [3, 3, 3] };
    const first = call(id, "POST", "/api/segments/1/prompts", point);
    await inPass;
    const replaced = upload(harness, id, scan());
    await expect.poll(() => engine.open.size).toBe(2);
    await turns();
    const late = call(id, "POST", "/api/segments/2/prompts", point);
    await turns();
    release();
    expect([(await first).status, (await replaced).status]).toEqual([200, 200]);
    expect((await late).body).toEqual({
      detail: "The prompt was for an image that has been replaced meanwhile",
      code: "aborted",
    });
    expect((await call(id, "GET", "/api/status")).body.segments).toEqual([]);
  });
});

/** Long enough for everything that waits for nothing else. */
async function turns(): Promise<void> {
  for (let n = 0; n < 100; n++) await new Promise((resolve) => setImmediate(resolve));
}
