import { describe, expect, test } from "vitest";
import { start } from "../../test/start.ts";

describe("GET /api/sessions", () => {
  test("shows everything to anyone while the server listens on loopback and no token is set", async () => {
    const { call, loaded } = await start();
    const loadedId = await loaded();
    const { body } = await call(undefined, "GET", "/api/sessions");
    expect(body.all).toBe(true);
    expect(body.sessions.map((session: { session_id: string }) => session.session_id)).toEqual([
      loadedId,
      body.session_id,
    ]);
    expect(body.sessions[0]).toMatchObject({
      created_at: "2026-01-02T03:04:05.000Z",
      last_activity: "2026-01-02T03:04:05.000Z",
      nifti_loaded: true,
      nifti_shape: [12, 10, 8],
      total_points: 0,
    });
  });

  test("shows the caller's own alone behind a proxy", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await loaded();
    const { body } = await call(id, "GET", "/api/sessions", undefined, { "x-forwarded-for": "10.0.0.9" });
    expect(body.sessions.map((session: { session_id: string }) => session.session_id)).toEqual([id]);
  });

  test("shows the caller's own alone on a server that others can reach", async () => {
    const { call, loaded } = await start({ settings: { host: "0.0.0.0" } });
    const id = await loaded();
    await loaded();
    const { body } = await call(id, "GET", "/api/sessions");
    expect([body.all, body.sessions.length, body.sessions[0].session_id]).toEqual([false, 1, id]);
  });

  test("shows everything to whoever has the token, and makes no session for them", async () => {
    const { call, loaded } = await start({ settings: { adminToken: "correct-horse" } });
    const id = await loaded();
    const admin = await call(undefined, "GET", "/api/sessions", undefined, { authorization: "Bearer correct-horse" });
    expect(admin.body).toMatchObject({ all: true, sessions: [{ session_id: id }] });
    expect(admin.body.sessions).toHaveLength(1);
    const wrong = await call(undefined, "GET", "/api/sessions", undefined, { authorization: "Bearer correct-house" });
    expect([wrong.status, wrong.body.code]).toEqual([401, "unauthorized"]);
    expect((await call(id, "GET", "/api/sessions")).body.all).toBe(false);
  });
});
