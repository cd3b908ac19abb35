import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { nninteractiveCalls, point } from "../../../test/nninteractive-calls.ts";
import { type Harness, startHarness } from "../../testing/harness.ts";
import { createLatch } from "../../testing/latch.ts";
import { prepareCodecs } from "./blosc2/decode.ts";

let server: Harness;
let hold: (() => Promise<void>) | undefined;
const { claim, post, ready, serverMask, sessionId } = nninteractiveCalls(() => server);

beforeAll(prepareCodecs);
beforeEach(async () => {
  hold = undefined;
  server = await startHarness({
    settings: { leases: 2, leaseIdleSeconds: 600, leaseLivenessSeconds: 60 },
    onPass: async () => hold?.(),
  });
});
afterEach(() => server.app.close());

describe("a lease", () => {
  it("is claimed, lives by heartbeats, and is released for good", async () => {
    const { body, status } = await server.call(undefined, "POST", "/claim");
    expect(status).toBe(200);
    expect(body).toEqual({
      lease_token: expect.stringMatching(/^[0-9a-f]{32}$/),
      idle_timeout_seconds: 600,
      liveness_timeout_seconds: 60,
      max_sessions: 2,
    });
    const token = body.lease_token;
    server.wait(50_000);
    expect((await post(token, "/heartbeat", {})).body).toEqual({ remaining_seconds: 550 });
    const look = await server.call(undefined, "GET", "/lease_status", undefined, { "x-lease-token": token });
    expect(look.body).toEqual({ remaining_seconds: 550, idle_timeout_seconds: 600 });
    expect((await post(token, "/release")).body).toEqual({ released: true });
    expect((await post(token, "/release")).body).toEqual({ released: true });
    expect((await post(undefined, "/release")).body).toEqual({ released: true });
    expect((await post(token, "/heartbeat")).status).toBe(410);
  });

  it("is refused with 503 and Retry-After when all places are taken, and leaves no session behind", async () => {
    const token = await claim();
    await claim();
    const { status, headers, body } = await server.call(undefined, "POST", "/claim");
    expect([status, headers["retry-after"], body]).toEqual([
      503,
      "10",
      { detail: "server is at capacity (2 sessions)" },
    ]);
    await post(token, "/release");
    expect((await server.call(undefined, "POST", "/claim")).status).toBe(200);
    expect((await server.call(undefined, "GET", "/api/sessions")).body.sessions).toHaveLength(1);
  });

  it.each(["/heartbeat", "/set_image", "/set_target_buffer", "/undo", "/predict", "/add_point_interaction"])(
    "is needed for %s",
    async (path) => {
      for (const token of [undefined, "0".repeat(32)]) {
        const { status, body } = await post(token, path, "not JSON");
        expect([status, typeof body.detail]).toEqual([410, "string"]);
      }
    },
  );

  it("that ends leaves its session, to be worked on in the browser", async () => {
    const token = await ready();
    await post(token, "/add_point_interaction", point([4, 5, 6]));
    const id = await sessionId();
    server.wait(61_000);
    expect((await post(token, "/undo", {})).status).toBe(410);
    expect(await serverMask(id, 1)).toContain(1);
    const click = { kind: "point", voxel: [1, 1, 1] };
    expect((await server.call(id, "POST", "/api/segments/1/prompts", click)).body.prompts).toBe(2);
  });

  it("ends when its session is deleted in the browser", async () => {
    const token = await ready();
    await server.call(await sessionId(), "DELETE", `/api/session/${await sessionId()}`);
    expect((await post(token, "/add_point_interaction", point([4, 5, 6]))).status).toBe(410);
    expect((await post(token, "/heartbeat")).status).toBe(410);
  });
});

describe("access tokens", () => {
  it("are asked for before anything else, and by 401 alone", async () => {
    await server.app.close();
    server = await startHarness({ settings: { token: ["correct-horse"] } });
    const refused = await server.call(undefined, "POST", "/claim");
    expect([refused.status, refused.headers["www-authenticate"], typeof refused.body.detail]).toEqual([
      401,
      undefined,
      "string",
    ]);
    expect((await post("0".repeat(32), "/undo", "not JSON")).status).toBe(401);
    expect((await server.call(undefined, "GET", "/healthz")).status).toBe(200);
    const bearer = { authorization: "Bearer correct-horse" };
    expect((await server.call(undefined, "POST", "/claim", undefined, bearer)).status).toBe(200);
    expect((await server.call(undefined, "GET", "/capabilities", undefined, bearer)).status).toBe(200);
  });
});

it("GET /capabilities says what the model takes", async () => {
  expect((await server.call(undefined, "GET", "/capabilities")).body).toEqual({
    supported_interactions: { points: true, bbox2d: true, bbox3d: false, scribble: true, lasso: true },
    channel_mapping: { prev_seg: 0, bbox2d: [1, 2], lasso: [1, 2], points: [3, 4], scribble: [5, 6] },
    num_interaction_channels: 7,
    supports_initial_label: true,
    supports_zero_shot_label_refinement: true,
    preferred_scribble_thickness: [2, 2, 2],
    interaction_decay: 0.98,
    patch_size: [8, 8, 8],
    do_autozoom: true,
    inference_session_version: "2.6.0",
    license: "Apache-2.0",
    supports_undo: true,
  });
});

it("a heartbeat is answered while a prediction runs", async () => {
  const token = await ready();
  const [entered, released] = [createLatch(), createLatch()];
  hold = () => {
    entered.open();
    return released.opened;
  };
  const slow = post(token, "/add_point_interaction", point([4, 5, 6]));
  await entered.opened;
  server.wait(500_000);
  expect((await post(token, "/heartbeat")).status).toBe(200);
  hold = undefined;
  released.open();
  expect((await slow).status).toBe(200);
  expect((await post(token, "/undo", {})).status).toBe(200);
});
