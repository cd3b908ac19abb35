import { statusAnswer } from "@septum/protocol";
import { memoryStore } from "@septum/store";
import { describe, expect, test } from "vitest";
import { start } from "../../test/start.ts";
import { size } from "../testing/harness.ts";

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("sessions", () => {
  test("POST /api/session makes a session and says its id in body and header", async () => {
    const { call } = await start();
    const { status, body, headers } = await call(undefined, "POST", "/api/session");
    expect(status).toBe(200);
    expect(body.session_id).toMatch(uuid4);
    expect(headers["x-session-id"]).toBe(body.session_id);
    expect((await call(body.session_id, "GET", "/api/status")).body.session_id).toBe(body.session_id);
  });

  test("a call without an id makes a session; with an id it stays in it, also in capitals", async () => {
    const { call } = await start();
    const first = await call(undefined, "GET", "/api/status");
    const again = await call(first.body.session_id.toUpperCase(), "GET", "/api/points");
    expect(again.body.session_id).toBe(first.body.session_id);
    expect(again.headers["x-session-id"]).toBe(first.body.session_id);
  });

  test("an id that is no UUID gets 400, an unknown one 404", async () => {
    const { call } = await start();
    const bad = await call("me", "GET", "/api/status");
    expect([bad.status, bad.body]).toEqual([
      400,
      { detail: "The session id is not a UUID", code: "invalid_session_id" },
    ]);
    const unknown = await call("7b0c2a52-3a0e-4c54-9d5a-7f6f0c9b1a11", "POST", "/api/run_segmentation");
    expect([unknown.status, unknown.body.code]).toEqual([404, "session_not_found"]);
  });

  test("a session expires after its hours without a call, and every call puts that off", async () => {
    const { call, wait, store } = await start({ settings: { sessionHours: 2 } });
    const { body } = await call(undefined, "POST", "/api/session");
    const id = body.session_id;
    wait(1.9 * 3_600_000);
    expect((await call(id, "GET", "/api/points")).status).toBe(200);
    wait(1.9 * 3_600_000);
    const alive = await call(id, "GET", "/api/status");
    expect(alive.body.expires_at).toBe(new Date(Date.parse(alive.body.last_activity) + 7_200_000).toISOString());
    wait(2 * 3_600_000);
    expect((await call(id, "GET", "/api/status")).body).toEqual({
      detail: "This session does not exist, or has expired",
      code: "session_not_found",
    });
    expect(store.get(id)).toBeDefined();
  });

  test("DELETE /api/session/{id} forgets memory, record and files", async () => {
    const { call, loaded, engine, store } = await start();
    const id = await loaded();
    expect(engine.open.size).toBe(1);
    const { status, body, headers } = await call(undefined, "DELETE", `/api/session/${id}`);
    expect([status, body]).toEqual([200, { message: "The session was deleted", session_id: id }]);
    expect(headers["x-session-id"]).toBe(id);
    expect(engine.open.size).toBe(0);
    expect(store.get(id)).toBeUndefined();
    expect((await call(undefined, "DELETE", `/api/session/${id}`)).status).toBe(404);
    expect((await call(undefined, "DELETE", "/api/session/abc")).status).toBe(400);
  });

  test("sessions are found again by a server started anew, with their points, objects and history", async () => {
    const store = memoryStore();
    const before = await start({ store });
    const id = await before.loaded();
    await before.call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await before.call(id, "POST", "/api/run_segmentation");
    await before.call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [9, 8, 6] });
    const mask = (await before.call(id, "GET", "/api/mask")).raw;
    await before.app.close();

    const after = await start({ store });
    expect(after.engine.open.size).toBe(0);
    const status = await after.call(id, "GET", "/api/status");
    expect(status.body).toMatchObject({ nifti_shape: [...size], total_points: 1 });
    expect(status.body.segments[0].prompts).toHaveLength(2);
    expect(after.engine.open.size).toBe(0);
    expect((await after.call(id, "GET", "/api/mask")).raw.equals(mask)).toBe(true);
    expect(after.engine.open.size).toBe(1);
    expect((await after.call(id, "POST", "/api/run_segmentation")).body.status).toBe("unchanged");
    expect((await after.call(id, "POST", "/api/segments/1/undo")).body).toMatchObject({ prompts: 1, voxels: 125 });
  });
});

describe("GET /api/status", () => {
  test("says what is loaded and what it runs on", async () => {
    const { call, loaded } = await start();
    const { body } = await call(await loaded(), "GET", "/api/status");
    expect(statusAnswer.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      nifti_loaded: true,
      nninteractive_available: true,
      cuda_available: false,
      segmentation_files: [],
      model: {
        name: "fake",
        device: "cpu",
        seconds_per_pass: 0.25,
        providers: [
          { name: "cuda", ok: false, reason: "this build has no CUDA" },
          { name: "cpu", ok: true },
        ],
      },
      image: { shape: [12, 10, 8], orientation: "LAS", dtype: "int16", data_range: [-100, 859] },
      max_upload_bytes: 1024 * 1024,
      max_name_length: 1000,
    });
  });
});
