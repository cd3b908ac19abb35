import { type AdminAnswer, ApiError, createAdminClient } from "@septum/protocol";
import { describe, expect, test } from "vitest";
import { start } from "../../test/start.ts";
import { type Harness, type HarnessOptions, scan } from "../testing/harness.ts";
import { listen } from "../testing/listen.ts";

const adminToken = "correct-horse";

async function overview({ call }: Harness): Promise<AdminAnswer> {
  const { status, body, headers } = await call(undefined, "GET", "/api/admin");
  expect([status, headers["x-session-id"]]).toEqual([200, undefined]);
  return body;
}

describe("GET /api/admin", () => {
  test("has a row for every session and what all hold together, and makes none itself", async () => {
    const server = await start({ app: { memoryBudget: 1e6, dataFolder: "." } });
    const { call, loaded } = server;
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 4, 5] });
    await call(id, "POST", "/api/run_segmentation");
    const empty = (await call(undefined, "POST", "/api/session")).body.session_id;
    const answer = await overview(server);
    expect(answer.sessions).toEqual([
      {
        id: id.slice(0, 8),
        created_at: "2026-01-02T03:04:05.000Z",
        last_activity: "2026-01-02T03:04:05.000Z",
        expires_at: "2026-01-03T03:04:05.000Z",
        state: "open",
        busy: false,
        memory_bytes: 1920,
        disk_bytes: expect.any(Number),
        shape: [12, 10, 8],
        points: 1,
        objects: 1,
      },
      expect.objectContaining({ id: empty.slice(0, 8), state: "resting", memory_bytes: 0, disk_bytes: 0, shape: null }),
    ]);
    // The object's prompts and mask come on top of the image.
    expect(answer.sessions[0].disk_bytes).toBeGreaterThan(scan().length);
    expect(answer).toMatchObject({
      open: 1,
      resting: 1,
      memory_bytes: 1920,
      memory_budget_bytes: 1e6,
      disk_bytes: answer.sessions[0].disk_bytes,
      queue: { waiting: 0, running: 0 },
      model: "fake",
      device: "cpu",
    });
    expect(answer.disk_free_bytes).toBeGreaterThan(0);
    expect(JSON.stringify(answer)).not.toContain(id);
  });

  test.each([
    ["GET", "/api/admin"],
    ["POST", "/api/admin/sessions/00000000/rest"],
    ["DELETE", "/api/admin/sessions/00000000"],
  ] as const)("%s %s is for the administrator alone", async (method, url) => {
    const ask = async (settings: HarnessOptions["settings"], headers: Record<string, string> = {}) => {
      const { call, app } = await start({ settings });
      const { status, body } = await call(undefined, method, url, undefined, headers);
      await app.close();
      return [status, body.code, body.detail];
    };
    const known = method === "GET" ? [200] : [404];
    expect((await ask({})).slice(0, 1)).toEqual(known);
    expect((await ask({ adminToken }, { authorization: `Bearer ${adminToken}` })).slice(0, 1)).toEqual(known);
    expect((await ask({}, { "x-forwarded-for": "10.0.0.9" }))[0]).toBe(401);
    expect(await ask({ host: "0.0.0.0" })).toEqual([
      401,
      "unauthorized",
      "This is for an administrator, and the server was started without an administrator's token: set SEPTUM_ADMIN_TOKEN",
    ]);
    expect(await ask({ adminToken })).toEqual([
      401,
      "unauthorized",
      "This is for the administrator: send the administrator's token as `Authorization: Bearer …`",
    ]);
    expect((await ask({ adminToken }, { authorization: "Bearer correct-house" }))[0]).toBe(401);
  });
});

describe("an administrator", () => {
  test("puts a session to rest by its short id; its next use brings it back as it was", async () => {
    const server = await start();
    const { call, loaded, engine } = server;
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 4, 5] });
    const short = id.slice(0, 8);
    const rested = await call(undefined, "POST", `/api/admin/sessions/${short}/rest`);
    expect(rested.body).toEqual({ message: `Session ${short} was put to rest`, id: short, freed_bytes: 1920 });
    expect(engine.open.size).toBe(0);
    expect((await overview(server)).sessions[0]).toMatchObject({ state: "resting", memory_bytes: 0, points: 1 });
    const again = await call(undefined, "POST", `/api/admin/sessions/${short}/rest`);
    expect(again.body).toEqual({ message: `Session ${short} rests already`, id: short, freed_bytes: 0 });
    expect((await call(id, "GET", "/api/slice/2/5")).body.marked_points).toHaveLength(1);
    expect((await overview(server)).sessions[0].state).toBe("open");
  });

  test("is told that a session at work is not put to rest, and deletes it with its work", async () => {
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const server = await start({
      onPass: (_label, signal) => {
        begin();
        return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    const { call, loaded } = server;
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 4, 5] });
    const run = call(id, "POST", "/api/run_segmentation");
    await begun;
    const short = id.slice(0, 8);
    expect((await overview(server)).sessions[0].busy).toBe(true);
    const rest = await call(undefined, "POST", `/api/admin/sessions/${short}/rest`);
    expect([rest.status, rest.body]).toEqual([
      409,
      { detail: `Session ${short} is at work: wait for its end, or delete the session`, code: "run_in_progress" },
    ]);
    const deleted = await call(undefined, "DELETE", `/api/admin/sessions/${id}`);
    expect([deleted.status, deleted.body.message]).toEqual([200, `Session ${short} was deleted`]);
    expect((await run).body.code).toBe("session_deleted");
    expect((await overview(server)).sessions).toEqual([]);
  });

  test("has to name a session by eight characters or more, and one that is there", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    for (const start of [id.slice(0, 7), "00000000", `${id}0`, "..%2F..%2Fetc"]) {
      const { status, body } = await call(undefined, "DELETE", `/api/admin/sessions/${start}`);
      expect([status, body.code]).toEqual([404, "session_not_found"]);
    }
    expect((await call(id, "GET", "/api/points")).status).toBe(200);
  });

  test("has a client of their own, which shows the token and belongs to no session", async () => {
    const server = await start({ settings: { adminToken } });
    const id = await server.loaded();
    const { url } = await listen(server);
    const client = createAdminClient({ baseUrl: url, token: adminToken });
    expect((await client.overview()).sessions).toHaveLength(1);
    expect(await client.rest(id)).toMatchObject({ freed_bytes: 1920 });
    expect((await client.deleteSession(id.slice(0, 8))).message).toBe(`Session ${id.slice(0, 8)} was deleted`);
    expect((await client.overview()).sessions).toEqual([]);
    const stranger = createAdminClient({ baseUrl: url });
    await expect(stranger.overview()).rejects.toThrow(ApiError);
    await expect(stranger.overview()).rejects.toMatchObject({ status: 401, code: "unauthorized" });
  });
});
