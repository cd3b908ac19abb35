import { decodeFrame, editBody, unpackBits } from "@septum/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { type Called, type Harness, type HarnessOptions, startHarness } from "../testing/harness.ts";
import { listen } from "../testing/listen.ts";

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(() => harness?.app.close());

const point = (i: number, j = 4, k = 3) => ({ kind: "point", voxel: [i, j, k] });
const dot = (i: number, add = true) => ({ kind: "paint", add, axis: 2, radius_mm: 0.1, path: [[i, 4, 3]] });
const said = ({ status, body }: Called) => [status, body.code, body.detail];

async function steps(id: string): Promise<string[]> {
  const { body } = await harness.call(id, "GET", "/api/history");
  return body.steps.map(({ name }: { name: string }) => name);
}

describe("POST /api/segments/:label/edits", () => {
  test("draws a new object, which is then a mask to go on from", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    const edit = (body: object, url = "/api/segments/2/edits") => call(id, "POST", url, body);
    expect((await edit(dot(5))).body).toMatchObject({
      label: 2,
      voxels: 1,
      prompts: 1,
      passes: 0,
      changed_box: [
        [5, 6],
        [4, 5],
        [3, 4],
      ],
      taken: [],
      spared: [],
    });
    await call(id, "POST", "/api/segments/2/prompts", point(6));
    const drawn = {
      ...dot(11),
      path: [
        [9, 4, 3],
        [11, 4, 3],
      ],
    };
    const framed = await edit(drawn, "/api/segments/2/edits?frame=mask");
    const frame = await decodeFrame(framed.raw);
    expect(frame).toMatchObject({
      kind: "mask",
      box: [
        [9, 12],
        [4, 5],
        [3, 4],
      ],
    });
    expect([...unpackBits(frame.data as Uint8Array, 3)]).toEqual([1, 1, 1]);
    const { body } = await call(id, "GET", "/api/segments");
    expect(body.segments[0]).toMatchObject({ voxels: 125 + 3, prompts: [{ kind: "mask", positive: true }] });
    expect(await steps(id)).toEqual(["brush, Label 2", "+ point, Label 2", "brush, Label 2"]);
    await call(id, "POST", "/api/undo");
    expect((await call(id, "GET", "/api/segments")).body.segments[0].prompts).toHaveLength(2);
  });

  test("takes every kind of edit, each by its name in the history", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", point(4));
    await call(id, "PATCH", "/api/segments/1", { name: "liver" });
    const line = [
      [-1, -1],
      [12, -1],
      [12, 12],
      [-1, 12],
    ];
    const edits = [
      dot(9),
      { kind: "keep_largest" },
      dot(9),
      { kind: "remove_small", millilitres: 0.01 },
      dot(9),
      { kind: "remove_island", voxel: [9, 4, 3] },
      dot(9),
      { kind: "keep_island", voxel: [4, 4, 3] },
      dot(4, false),
      { kind: "fill_holes" },
      dot(4, false),
      { kind: "fill_holes", axis: 0 },
      { kind: "smooth", method: "opening", radius_mm: 1 },
      { kind: "shrink", mm: 1 },
      { kind: "grow", mm: 2 },
      { kind: "cut", add: false, axis: 2, slice_index: 3, points: line },
      { kind: "fill_between", axis: 2 },
      { kind: "cut", add: true, axis: 0, slice_index: 11, points: line, through: false },
    ];
    for (const body of edits) {
      expect([body.kind, editBody.safeParse(body).success]).toEqual([body.kind, true]);
      const { status, body: answer } = await call(id, "POST", "/api/segments/1/edits", body);
      expect([body.kind, status, answer.detail]).toEqual([body.kind, 200, undefined]);
    }
    expect((await steps(id)).slice(2)).toEqual([
      "brush, liver",
      "keep largest island, liver",
      "brush, liver",
      "remove small islands, liver",
      "brush, liver",
      "remove island, liver",
      "brush, liver",
      "keep island, liver",
      "eraser, liver",
      "fill holes, liver",
      "eraser, liver",
      "fill holes, liver",
      "smooth (opening), liver",
      "shrink 1 mm, liver",
      "grow 2 mm, liver",
      "cut, liver",
      "fill between slices, liver",
      "outline, liver",
    ]);
  });

  test("that changes no voxel is no step", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    const away = { ...dot(0), path: [[-50, 0, 0]] };
    expect((await call(id, "POST", "/api/segments/1/edits", away)).body).toMatchObject({
      changed_box: null,
      voxels: 0,
    });
    expect((await call(id, "GET", "/api/segments")).body.segments).toEqual([]);
    await call(id, "POST", "/api/segments/1/prompts", point(4));
    const { body, raw } = await call(id, "POST", "/api/segments/1/edits?frame=mask", dot(4));
    expect([body, raw.length]).toEqual([undefined, 0]);
    expect(await steps(id)).toEqual(["+ point, Label 1"]);
    expect((await call(id, "GET", "/api/segments")).body.segments[0].prompts).toEqual([
      { ...point(4), positive: true },
    ]);
  });

  test("is refused with the reason when it cannot be done", async () => {
    const { call, loaded } = await start();
    const grow = { kind: "grow", mm: 3 };
    expect(said(await call(undefined, "POST", "/api/segments/1/edits", grow)).slice(0, 2)).toEqual([409, "no_image"]);
    const id = await loaded();
    const edit = async (body: object) => said(await call(id, "POST", "/api/segments/1/edits", body));
    expect((await edit(grow)).slice(0, 2)).toEqual([404, "segment_not_found"]);
    expect((await edit(dot(5, false))).slice(0, 2)).toEqual([404, "segment_not_found"]);
    await call(id, "POST", "/api/segments", { label: 1 });
    expect(await edit(grow)).toEqual([
      400,
      "invalid_edit",
      "Cannot grow an object without voxels: draw something first",
    ]);
    await call(id, "POST", "/api/segments/1/prompts", point(4));
    expect(await edit({ kind: "keep_island", voxel: [11, 0, 0] })).toEqual([
      400,
      "invalid_edit",
      "There is no island at voxel [11, 0, 0]: choose a voxel of the object",
    ]);
    const cut = {
      kind: "cut",
      add: true,
      axis: 2,
      slice_index: 8,
      points: [
        [0, 0],
        [1, 0],
        [1, 1],
      ],
    };
    expect(await edit(cut)).toEqual([
      400,
      "outside_volume",
      "Cannot cut on slice 8 along axis 2: slices go from 0 to 7",
    ]);
    for (const body of [{ kind: "melt" }, { kind: "grow" }, { kind: "grow", mm: -1 }, { ...dot(1), path: [] }]) {
      expect((await edit(body)).slice(0, 2)).toEqual([400, "bad_request"]);
    }
    await call(id, "PATCH", "/api/segments/1", { locked: true });
    expect((await edit(grow)).slice(0, 2)).toEqual([409, "segment_locked"]);
    expect(await steps(id)).toHaveLength(3);
  });
});

describe("others=take", () => {
  test("takes from unlocked objects, spares locked ones, and is one step of all of them", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    const { client } = await listen(harness);
    await call(id, "POST", "/api/segments/1/prompts", point(3));
    await call(id, "POST", "/api/segments/2/prompts", point(9));
    await call(id, "PATCH", "/api/segments/2", { locked: true });
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const event of client(id).events({ signal: stop.signal })) {
        if (event.type === "segment") seen.push(`${event.label}: ${event.voxels}`);
        if (event.type === "hello") seen.push("hello");
      }
    })();
    await expect.poll(() => seen, { timeout: 20_000 }).toEqual(["hello"]);
    const taken = await client(id).prompt(3, { kind: "point", voxel: [6, 4, 3] }, { others: "take" });
    // Columns 4 to 8 are its own; 4 and 5 were object 1's, 7 and 8 stay object 2's.
    expect(taken.change).toMatchObject({
      voxels: 75,
      taken: [{ label: 1, voxels: 50 }],
      spared: [{ label: 2, voxels: 50 }],
    });
    const voxels = async () =>
      (await call(id, "GET", "/api/segments")).body.segments.map(({ voxels }: { voxels: number }) => voxels);
    expect(await voxels()).toEqual([75, 125, 75]);
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(3);
    expect(seen.slice(1).sort()).toEqual(["1: 75", "3: 75"]);
    stop.abort();
    await following;

    const undone = await call(id, "POST", "/api/undo");
    expect(undone.body.segments.map(({ label, voxels }: never) => [label, voxels])).toEqual([
      [1, 125],
      [3, 0],
    ]);
    expect(await voxels()).toEqual([125, 125]);
    await call(id, "POST", "/api/redo");
    expect(await voxels()).toEqual([75, 125, 75]);
    await call(id, "POST", "/api/segments/1/undo");
    expect(await voxels()).toEqual([125, 125, 75]);
  });

  test("goes for edits, changes of prompts and put-off predictions, and not without being asked for", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", point(3));
    const kept = await call(id, "POST", "/api/segments/2/prompts", point(9));
    expect(kept.body).toMatchObject({ taken: [], spared: [] });
    const moved = await call(id, "PATCH", "/api/segments/2/prompts/0?others=take", { offset: [-3, 0, 0] });
    expect(moved.body.taken).toEqual([{ label: 1, voxels: 50 }]);
    const painted = await call(id, "POST", "/api/segments/4/edits?others=take", dot(2));
    expect(painted.body).toMatchObject({ voxels: 1, taken: [{ label: 1, voxels: 1 }] });
    await call(id, "POST", "/api/segments/5/prompts", { ...point(3), predict: false });
    expect((await call(id, "POST", "/api/segments/5/predict?others=take")).status).toBe(200);
    expect((await call(id, "POST", "/api/segments/4/edits?others=give", dot(2))).status).toBe(400);
  });

  test("is not undone by a change of an earlier prompt: what another took stays its own", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", point(3));
    await call(id, "POST", "/api/segments/2/prompts?others=take", point(6));
    await call(id, "POST", "/api/segments/1/prompts", point(1));
    const changed = await call(id, "DELETE", "/api/segments/1/prompts/1");
    // Columns 1 to 5, of which object 2 took 4 and 5.
    expect(changed.body).toMatchObject({ voxels: 75, taken: [], spared: [{ label: 2, voxels: 50 }] });
    const taking = await call(id, "PATCH", "/api/segments/1/prompts/0?others=take", { offset: [1, 0, 0] });
    // Columns 2 to 6: it takes 6, which was never its own, and leaves 4 and 5.
    expect(taking.body).toMatchObject({ taken: [{ label: 2, voxels: 25 }], spared: [{ label: 2, voxels: 50 }] });
    await call(id, "DELETE", "/api/segments/2");
    const alone = await call(id, "PATCH", "/api/segments/1/prompts/0", { offset: [-1, 0, 0] });
    expect(alone.body).toMatchObject({ voxels: 125, taken: [], spared: [] });
  });
});
