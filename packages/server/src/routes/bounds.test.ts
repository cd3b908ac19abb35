import { memoryStore } from "@septum/store";
import { describe, expect, test, vi } from "vitest";
import { start } from "../../test/start.ts";
import { type Harness, scan, upload } from "../testing/harness.ts";
import { createLatch } from "../testing/latch.ts";

describe("sessions", () => {
  test("made by calls that only read are not on disk until somebody comes back", async () => {
    const { call, store } = await start();
    const { body } = await call(undefined, "GET", "/api/status");
    expect(store.get(body.session_id)).toBeUndefined();
    expect((await call(body.session_id, "GET", "/api/status")).status).toBe(200);
    expect(store.get(body.session_id)).toBeDefined();
  });

  test("made by an upload are on disk with it", async () => {
    const { loaded, store } = await start();
    expect(store.get(await loaded())?.image).toBeDefined();
  });

  test("nobody came back to end after an hour, and before when there are more than a thousand", async () => {
    const { call, store, wait } = await start();
    const first = (await call(undefined, "GET", "/api/points")).body.session_id;
    wait(1000);
    const second = (await call(undefined, "GET", "/api/points")).body.session_id;
    for (let n = 0; n < 999; n++) await call(undefined, "GET", "/api/points");
    expect((await call(first, "GET", "/api/points")).status).toBe(404);
    wait(3_600_000);
    expect((await call(second, "GET", "/api/points")).status).toBe(404);
    const kept = [];
    for await (const record of store.sessions()) kept.push(record);
    expect(kept).toEqual([]);
  });

  test("are as many as may be; then the abandoned empty ones make place, and after them nobody", async () => {
    const store = memoryStore();
    const started = await start({ store, settings: { maxSessions: 3 } });
    const { call, loaded, wait } = started;
    const used = await loaded();
    const empty = (await call(undefined, "POST", "/api/session")).body.session_id;
    wait(1000);
    const later = (await call(undefined, "POST", "/api/session")).body.session_id;
    const refused = await call(undefined, "POST", "/api/session");
    expect([refused.status, refused.headers["retry-after"], refused.body]).toEqual([
      503,
      "600",
      {
        code: "unavailable",
        detail:
          "This server has 3 sessions, as many as it may: delete one that is no longer needed, or try again later",
      },
    ]);
    // Reading is for everybody, and costs no place.
    expect((await call(undefined, "GET", "/api/status")).status).toBe(200);
    expect((await upload(started, undefined, scan())).status).toBe(503);
    wait(600_000);
    await call(later, "GET", "/api/points");
    expect((await call(undefined, "POST", "/api/session")).status).toBe(200);
    expect((await call(empty, "GET", "/api/points")).status).toBe(404);
    expect((await call(used, "GET", "/api/points")).status).toBe(200);
    expect((await call(undefined, "POST", "/api/session")).status).toBe(503);
  });
});

test("uploads at once are as many as may be; one that is refused or done gives its place back", async () => {
  const started = await start({ settings: { maxUploads: 1 } });
  const stage = started.store.stage.bind(started.store);
  const held = createLatch();
  const staging = vi.spyOn(started.store, "stage").mockImplementation(async (id) => {
    await held.opened;
    return stage(id);
  });
  const first = upload(started, undefined, scan());
  await expect.poll(() => staging).toHaveBeenCalled();
  const second = await upload(started, undefined, scan());
  expect([second.status, second.headers["retry-after"], second.body.detail]).toEqual([
    503,
    "5",
    "As many uploads as this server takes at once (1) are in progress: try again in a moment",
  ]);
  held.open();
  expect((await first).status).toBe(200);
  expect((await upload(started, undefined, Buffer.from("no scan"))).status).toBe(400);
  expect((await upload(started, undefined, scan())).status).toBe(200);
});

test("points of a session and prompts of an object are as many as may be", async () => {
  const { call, loaded } = await start({ settings: { maxPoints: 2, maxPrompts: 2 } });
  const id = await loaded();
  const mark = (voxel: number[], point_number?: number) =>
    call(id, "POST", "/api/mark_point", { voxel, ...(point_number && { point_number }) });
  expect([(await mark([1, 1, 1])).status, (await mark([2, 2, 2])).status]).toEqual([200, 200]);
  expect((await mark([3, 3, 3])).body).toEqual({
    code: "limit_reached",
    detail: "This session has 2 points, as many as it may: remove one first",
  });
  expect((await mark([3, 3, 3], 2)).status).toBe(200);
  const prompt = () => call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [5, 5, 5] });
  expect([(await prompt()).status, (await prompt()).status]).toEqual([200, 200]);
  const third = await prompt();
  expect([third.status, third.body]).toEqual([
    409,
    { code: "limit_reached", detail: "Object 1 has 2 prompts, as many as it may: undo or reset first" },
  ]);
  await call(id, "POST", "/api/segments/1/undo");
  expect((await prompt()).status).toBe(200);
});

test("names are as long as they may be, and stay when they were longer", async () => {
  const store = memoryStore();
  const first = await start({ store, settings: { maxNameLength: 9 } });
  const id = await first.loaded();
  await first.call(id, "POST", "/api/mark_point", { voxel: [1, 1, 1] });
  const rename = ({ call }: Harness, name: string) => call(id, "PATCH", "/api/segments/1", { name });
  expect((await first.call(id, "GET", "/api/status")).body.max_name_length).toBe(9);
  expect((await rename(first, "Leber 🫀🫁")).status).toBe(200);
  expect((await rename(first, "left lungs")).body).toEqual({
    code: "limit_reached",
    detail: "Cannot name 1 so: the name has 10 characters, and this server takes 9 at most",
  });
  await first.app.close();
  const second = await start({ store, settings: { maxNameLength: 4 } });
  expect((await second.call(id, "POST", "/api/mark_point", { voxel: [2, 2, 2] })).status).toBe(200);
  expect((await second.call(id, "GET", "/api/color_template")).body.labels[0].name).toBe("Leber 🫀🫁");
  expect((await rename(second, "colon")).body.code).toBe("limit_reached");
});

test("the history keeps as many bytes of removed objects as it may, and the newest step always", async () => {
  const store = memoryStore();
  // The engine of the tests saves an object in some hundred bytes; a step takes as much.
  const { call, loaded } = await start({ store, settings: { maxHistoryMb: 0.001 } });
  const id = await loaded();
  for (const label of [1, 2, 3, 4]) {
    await call(id, "POST", `/api/segments/${label}/prompts`, { kind: "point", voxel: [5, 5, label] });
    await call(id, "DELETE", `/api/segments/${label}`);
  }
  const { body } = await call(id, "GET", "/api/history");
  expect(body.position).toBeGreaterThan(0);
  expect(body.position).toBeLessThan(8);
  expect(body.steps.at(-1).name).toBe("removed Label 4");
  const bytes = [...store.blobs(id, "")].reduce((sum, [, blob]) => sum + blob.length, 0);
  expect(bytes).toBeLessThan(2 * 1024);
  expect((await call(id, "POST", "/api/undo")).body.segments).toMatchObject([{ label: 4, removed: false }]);
});
