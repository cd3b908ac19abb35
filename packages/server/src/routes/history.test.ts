import { memoryStore } from "@septum/store";
import { afterEach, describe, expect, test } from "vitest";
import { type Harness, type HarnessOptions, scan, startHarness, upload } from "../testing/harness.ts";
import { listen } from "../testing/listen.ts";

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(() => harness?.app.close());

const point = { kind: "point", voxel: [3, 3, 3] };

/** Names of the steps in effect, then of those undone. */
async function names(id: string): Promise<[string[], string[]]> {
  const { body } = await harness.call(id, "GET", "/api/history");
  const all = body.steps.map(({ name }: { name: string }) => name);
  return [all.slice(0, body.position), all.slice(body.position)];
}

describe("history", () => {
  test("can be read while a change is on disk and not yet answered", async () => {
    const store = memoryStore();
    const slow = async (change: Parameters<typeof store.commit>[0]) => {
      await store.commit(change);
      await new Promise((resolve) => setTimeout(resolve, 100));
    };
    const { call, loaded } = await start({ store: { ...store, commit: slow } });
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await call(id, "POST", "/api/undo");
    // Forgets the undone step: for a while the store has done so, and the session not yet.
    const marked = call(id, "POST", "/api/mark_point", { voxel: [9, 8, 6] });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const read = await call(id, "GET", "/api/history");
    expect(read.status).toBe(200);
    expect(read.body).toMatchObject({ position: 1, steps: [{ name: "marked point 1" }] });
    await marked;
  });

  test("names every step for a person, and goes back and forth over all of them", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await call(id, "POST", "/api/mark_point", { voxel: [9, 8, 6] });
    await call(id, "POST", "/api/mark_point", { voxel: [8, 7, 5], point_number: 2 });
    await call(id, "POST", "/api/run_segmentation");
    await call(id, "PATCH", "/api/segments/1", { name: " liver ", color: "#a03030" });
    await call(id, "POST", "/api/segments/1/prompts", { ...point, positive: false });
    await call(id, "PATCH", "/api/segments/1/prompts/1", { positive: true });
    await call(id, "PATCH", "/api/segments/1/prompts/1", { voxel: [4, 4, 4] });
    await call(id, "DELETE", "/api/segments/1/prompts/0");
    await call(id, "POST", "/api/segments/2/reset");
    await call(id, "DELETE", "/api/segments/1");
    await call(id, "DELETE", "/api/points");
    const steps = [
      "marked point 1",
      "marked point 2",
      "moved point 2",
      "run: 1, 2",
      "renamed 1 to liver, coloured liver",
      "− point, liver",
      "flipped prompt 2 of liver",
      "moved prompt 2 of liver",
      "removed prompt 1 of liver",
      "reset Label 2",
      "removed liver",
      "cleared points",
    ];
    expect(await names(id)).toEqual([steps, []]);
    const { body } = await call(id, "GET", "/api/history");
    expect(body.steps[3]).toEqual({ id: 4, name: "run: 1, 2", time: "2026-01-02T03:04:05.000Z", labels: [1, 2] });
    for (let back = 1; back <= steps.length; back++) {
      const { status, body } = await call(id, "POST", "/api/undo");
      expect([status, body.step.name, body.position, body.total]).toEqual([
        200,
        steps[steps.length - back],
        steps.length - back,
        steps.length,
      ]);
    }
    const { body: status } = await call(id, "GET", "/api/status");
    expect(status).toMatchObject({ total_points: 0, segments: [], history: { position: 0, total: 12 } });
    const nothing = await call(id, "POST", "/api/undo");
    expect([nothing.status, nothing.body]).toEqual([
      409,
      { detail: "There is nothing to undo", code: "nothing_to_undo" },
    ]);
    for (const name of steps) expect((await call(id, "POST", "/api/redo")).body.step.name).toBe(name);
    const last = await call(id, "POST", "/api/redo");
    expect([last.status, last.body]).toEqual([409, { detail: "There is nothing to redo", code: "nothing_to_redo" }]);
  });

  test("says what an undo changed, and tells those who follow", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    const { client } = await listen(harness);
    const stop = new AbortController();
    const events: unknown[] = [];
    const following = (async () => {
      for await (const { seq, ...event } of client(id).events({ signal: stop.signal })) {
        if (event.type !== "presence") events.push(event);
      }
    })();
    await expect.poll(() => events.length, { timeout: 20_000 }).toBe(1);
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await call(id, "POST", "/api/segments/1/prompts", point);
    await call(id, "PATCH", "/api/segments/1", { name: "liver" });
    await call(id, "DELETE", "/api/remove_point/1");
    await expect.poll(() => events.at(-1), { timeout: 20_000 }).toMatchObject({ type: "segment", removed: true });
    events.length = 0;
    const box = [
      [1, 6],
      [1, 6],
      [1, 6],
    ];
    const plain = { value: 1, locked: false, state: "in_progress" };
    const { body } = await call(id, "POST", "/api/undo");
    expect(body).toEqual({
      session_id: id,
      step: { id: 4, name: "removed point 1", time: "2026-01-02T03:04:05.000Z", labels: [1] },
      position: 3,
      total: 4,
      points: [{ number: 1, voxel: [3, 3, 3], color: "#ff0000" }],
      segments: [{ label: 1, removed: false, changed_box: box, voxels: 125, prompts: 1 }],
      labels: [{ number: 1, name: "liver", color: "#ff0000", ...plain }],
      mask_revision: 4,
    });
    await call(id, "POST", "/api/undo");
    await call(id, "POST", "/api/undo");
    await expect.poll(() => events.length, { timeout: 20_000 }).toBe(8);
    expect(events).toEqual([
      { type: "history", position: 3, total: 4, undo: "renamed 1 to liver", redo: "removed point 1" },
      { type: "points", total_points: 1 },
      { type: "label", label: 1, name: "liver", color: "#ff0000", ...plain },
      { type: "segment", label: 1, voxels: 125, box, removed: false, mask_revision: 4 },
      { type: "history", position: 2, total: 4, undo: "+ point, Label 1", redo: "renamed 1 to liver" },
      { type: "label", label: 1, name: "Label 1", color: "#ff0000", ...plain },
      { type: "history", position: 1, total: 4, undo: "marked point 1", redo: "+ point, Label 1" },
      { type: "segment", label: 1, voxels: 0, box: null, removed: true, mask_revision: 5 },
    ]);
    stop.abort();
    await following;
  });

  test("undoes one object's last prompt from under later steps, first in line to be redone", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", point);
    await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [8, 7, 5] });
    await call(id, "POST", "/api/segments/2/prompts", point);
    expect((await call(id, "POST", "/api/segments/1/undo")).body).toMatchObject({ voxels: 125, prompts: 1 });
    expect(await names(id)).toEqual([["+ point, Label 1", "+ point, Label 2"], ["+ point, Label 1"]]);
    expect((await call(id, "POST", "/api/segments/1/undo")).body).toMatchObject({ voxels: 0, prompts: 0 });
    expect(await names(id)).toEqual([
      ["new segment, Label 1", "+ point, Label 2"],
      ["+ point, Label 1", "+ point, Label 1"],
    ]);
    for (const voxels of [125, 250]) {
      expect((await call(id, "POST", "/api/redo")).body.segments[0]).toMatchObject({ label: 1, voxels });
    }
  });

  test("forgets what was undone when something new is done, and everything when another image comes", async () => {
    const store = memoryStore();
    const { call, loaded } = await start({ store });
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", point);
    await call(id, "POST", "/api/segments/2/prompts", point);
    await call(id, "POST", "/api/undo");
    expect(store.blob(id, "kept-2-2")).toBeDefined();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    expect(await names(id)).toEqual([["+ point, Label 1", "marked point 2"], []]);
    expect([store.blob(id, "kept-2-2"), store.blob(id, "step-2")]).toEqual([undefined, undefined]);
    // The same once more is no change.
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3], point_number: 2 });
    expect((await names(id))[0]).toHaveLength(2);
    await upload(harness, id, scan());
    expect(await names(id)).toEqual([[], []]);
  });

  test("keeps as many steps as it may; the oldest go, with what they kept", async () => {
    const store = memoryStore();
    const { call, loaded } = await start({ store, settings: { maxHistorySteps: 20 } });
    const id = await loaded();
    await call(id, "POST", "/api/segments/7/prompts", point);
    await call(id, "DELETE", "/api/segments/7");
    expect(store.blob(id, "kept-2-7")).toBeDefined();
    for (let n = 0; n < 20; n++) {
      await call(id, "POST", "/api/mark_point", { voxel: [n % 12, n % 10, n % 8], point_number: 1 });
    }
    const { body } = await call(id, "GET", "/api/history");
    expect([body.position, body.steps[0].id, body.steps.at(-1).id]).toEqual([20, 3, 22]);
    for (const key of ["step-1", "step-2", "kept-2-7"]) expect(store.blob(id, key)).toBeUndefined();
    for (let n = 0; n < 20; n++) expect((await call(id, "POST", "/api/undo")).status).toBe(200);
    expect((await call(id, "POST", "/api/undo")).body.code).toBe("nothing_to_undo");
  });

  test("that cannot be written changes nothing, in memory or on disk", async () => {
    const store = memoryStore();
    const { call, loaded } = await start({ store });
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", point);
    await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [8, 7, 5] });
    const { commit } = store;
    store.commit = async () => {
      throw Object.assign(new Error("no space left"), { name: "StoreFull" });
    };
    for (const url of ["/api/undo", "/api/segments/1/undo"]) expect((await call(id, "POST", url)).status).toBe(503);
    expect((await call(id, "DELETE", "/api/segments/1/prompts/0")).status).toBe(503);
    store.commit = commit;
    expect((await call(id, "GET", "/api/segments")).body.segments).toMatchObject([{ voxels: 250 }]);
    expect((await call(id, "POST", "/api/undo")).body.segments).toMatchObject([{ label: 1, voxels: 125, prompts: 1 }]);
    expect((await call(id, "POST", "/api/redo")).body.segments).toMatchObject([{ label: 1, voxels: 250, prompts: 2 }]);
  });
});

describe("earlier prompts", () => {
  test("are refused with the reason when they cannot be changed so", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", point);
    await call(id, "POST", "/api/segments/1/prompts", { kind: "scribble", voxels: [[1, 1, 1]] });
    const refused = async (n: number | string, body: unknown) => {
      const { status, body: answer } = await call(id, "PATCH", `/api/segments/1/prompts/${n}`, body);
      return [status, answer.code, answer.detail];
    };
    expect(await refused(2, { positive: false })).toEqual([
      404,
      "prompt_not_found",
      "There is no prompt 2: object 1 has 2 prompts, counted from 0",
    ]);
    expect(await refused(1, { voxel: [1, 1, 1] })).toEqual([
      400,
      "invalid_prompt",
      "Prompt 1 is a scribble and has no voxel: give offset",
    ]);
    expect((await refused(0, { voxel: [40, 1, 1] })).slice(0, 2)).toEqual([400, "outside_volume"]);
    expect((await refused(0, { voxel: [1, 1, 1], offset: [1, 0, 0] })).slice(0, 2)).toEqual([400, "bad_request"]);
    expect((await refused(0, {})).slice(0, 2)).toEqual([400, "bad_request"]);
    expect((await refused("x", { positive: true })).slice(0, 2)).toEqual([400, "bad_request"]);
    expect((await call(id, "DELETE", "/api/segments/3/prompts/0")).body.code).toBe("segment_not_found");
    expect((await names(id))[0]).toHaveLength(2);
  });
});

describe("names, colours and views", () => {
  test("are in every answer and file that shows a label", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3], point_number: 2 });
    const own = { name: 'left "lung"', color: "#a0b0c0" };
    const all = { ...own, value: 2, locked: false, state: "in_progress" };
    expect((await call(id, "PATCH", "/api/segments/2", own)).body).toEqual({ session_id: id, number: 2, ...all });
    await call(id, "POST", "/api/run_segmentation");
    expect((await call(id, "GET", "/api/segments")).body.segments[0]).toMatchObject(own);
    expect((await call(id, "GET", "/api/points")).body.points[0].color).toBe("#a0b0c0");
    expect((await call(id, "GET", "/api/color_template")).body.labels[1]).toEqual({ number: 2, ...all });
    expect((await call(id, "GET", "/api/download/labels")).raw.toString()).toContain(
      `    2   160  176  192        1  1  1    "left 'lung'"`,
    );
    await call(id, "PATCH", "/api/segments/2", { name: null });
    expect((await call(id, "GET", "/api/color_template")).body.labels[1].name).toBe("Label 2");
    expect((await names(id))[0].at(-1)).toBe("renamed 2 to Label 2");
  });

  test("are refused when there is no such label, or too much of them", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    expect((await call(id, "PATCH", "/api/segments/2", { name: "liver" })).body.code).toBe("segment_not_found");
    for (const body of [{}, { name: "" }, { name: "x".repeat(1001) }, { name: "a\nb" }, { color: "red" }]) {
      expect((await call(id, "PATCH", "/api/segments/1", body)).status).toBe(400);
    }
    expect((await call(id, "PUT", "/api/view", { big: "x".repeat(17_000) })).status).toBe(400);
    expect((await call(id, "PUT", "/api/view", [1])).status).toBe(400);
  });

  test("a view is kept through a restart, and is no step", async () => {
    const store = memoryStore();
    const { call, loaded, app } = await start({ store });
    const id = await loaded();
    const view = { axis: 2, slice: 4, window: { width: 400.5, level: -40 }, hidden: [3, null] };
    expect((await call(id, "GET", "/api/status")).body.view).toBeNull();
    expect((await call(id, "PUT", "/api/view", view)).status).toBe(200);
    await app.close();
    await start({ store });
    const { body } = await harness.call(id, "GET", "/api/status");
    expect([body.view, body.history]).toEqual([view, { position: 0, total: 0 }]);
  });
});
