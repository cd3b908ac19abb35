import { unpackBits, type Vec3 } from "@septum/volume";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Called, type Harness, startHarness } from "../../testing/harness.ts";
import { prepareCodecs } from "./blosc2/decode.ts";
import { type ArrayDtype, arrayDtypes, readArrayHeader, readElements, writeArray } from "./nnia.ts";

/** No two alike. */
const shape: Vec3 = [6, 8, 10];
const voxels = 480;

let server: Harness;
let hold: (() => Promise<void>) | undefined;

beforeAll(prepareCodecs);
beforeEach(async () => {
  hold = undefined;
  server = await startHarness({
    settings: { leases: 2, leaseIdleSeconds: 600, leaseLivenessSeconds: 60 },
    onPass: async () => hold?.(),
  });
});
afterEach(() => server.app.close());

const claim = async (): Promise<string> => (await server.call(undefined, "POST", "/claim")).body.lease_token;

function post(token: string | undefined, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const json = typeof body === "object" && !Buffer.isBuffer(body);
  const lease: Record<string, string> = token === undefined ? {} : { "x-lease-token": token };
  const type: Record<string, string> = json ? { "content-type": "application/json" } : {};
  return server.call(undefined, "POST", path, json ? JSON.stringify(body) : body, { ...type, ...lease, ...headers });
}

function postArray(token: string, path: string, array: Uint8Array, meta: unknown = {}): Promise<Called> {
  const headers = { "content-type": "application/octet-stream", "x-meta": JSON.stringify(meta) };
  return post(token, path, Buffer.from(array), headers);
}

function imageOf(dtype: ArrayDtype = "int16", dims: readonly number[] = [1, ...shape]): Uint8Array {
  const bytes = new Uint8Array(dims.reduce((product, length) => product * length, arrayDtypes[dtype]));
  return writeArray(
    dtype,
    dims,
    bytes.map((_, n) => (n % arrayDtypes[dtype] === 0 ? n % 97 : 0)),
  );
}

/** A lease with an image and somewhere for the results. */
async function ready(): Promise<string> {
  const token = await claim();
  await postArray(token, "/set_image", imageOf(), { image_properties: { spacing: [3, 2, 1] } });
  await post(token, "/set_target_buffer", { shape, dtype: "uint8" });
  return token;
}

function metaOf({ headers }: Called) {
  return JSON.parse(String(headers["x-meta"]));
}

/** The mask as a client keeps it: every answer is written over its box. */
function paste(buffer: Uint8Array, answer: Called): void {
  const { bbox } = metaOf(answer);
  if (!bbox) return;
  const [[a0, a1], [b0, b1], [c0, c1]] = bbox;
  const source = {
    length: answer.raw.length,
    read: (at: number, length: number) => answer.raw.subarray(at, at + length),
  };
  const pieces: Buffer[] = [];
  readElements(source, readArrayHeader(source), (piece) => pieces.push(Buffer.from(piece)));
  const values = Buffer.concat(pieces);
  let at = 0;
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) for (let c = c0; c < c1; c++) buffer[c + 10 * (b + 8 * a)] = values[at++] as number;
  }
}

/** What the session has, in the order of the array. */
async function serverMask(id: string, label: number): Promise<number[]> {
  const session = await server.call(id, "GET", `/api/mask?label=${label}`, undefined, {
    accept: "application/octet-stream",
  });
  expect(session.status).toBe(200);
  const { inflateRawSync } = await import("node:zlib");
  return [...unpackBits(inflateRawSync(session.raw.subarray(32)), voxels)];
}

async function sessionId(): Promise<string> {
  const { body } = await server.call(undefined, "GET", "/api/sessions", undefined, { host: "localhost" });
  const loaded = body.sessions.filter((session: { nifti_loaded: boolean }) => session.nifti_loaded);
  expect(loaded).toHaveLength(1);
  return loaded[0].session_id;
}

const point = (coordinates: readonly number[], more: object = {}) => ({
  coordinates,
  include_interaction: true,
  run_prediction: true,
  override_capability_checks: false,
  ...more,
});

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

describe("POST /set_image", () => {
  it.each(Object.keys(arrayDtypes) as ArrayDtype[])("takes %s", async (dtype) => {
    const token = await claim();
    const bytes = new Uint8Array(voxels * arrayDtypes[dtype]);
    // 1 as half float, float and double; some numbers otherwise.
    const one = { float16: [0, 0x3c], float32: [0, 0, 0x80, 0x3f], float64: [0, 0, 0, 0, 0, 0, 0xf0, 0x3f] } as Record<
      string,
      number[]
    >;
    bytes.set(one[dtype] ?? [1], 24 * arrayDtypes[dtype]);
    const { status, body, headers } = await postArray(token, "/set_image", writeArray(dtype, [1, ...shape], bytes));
    expect([status, body]).toEqual([200, { original_image_shape: [1, 6, 8, 10] }]);
    const id = String(headers["x-session-id"]);
    expect(id).toBe(await sessionId());
    const { image } = (await server.call(id, "GET", "/api/status")).body;
    expect([image.shape, image.data_range]).toEqual([
      [10, 8, 6],
      [0, 1],
    ]);
  });

  it.each([
    ["three axes", imageOf("int16", shape), "expected a 4d image as input, got 3d"],
    ["two channels", imageOf("int16", [2, 6, 8, 5]), "The image has 2 channels, and the model takes one"],
    ["no voxels", writeArray("int16", [1, 0, 3, 4], new Uint8Array(0)), "The image [1, 0, 3, 4] has no voxels"],
    ["less than it says", imageOf().subarray(0, 200), "is cut off"],
    ["no array", Buffer.from("NIfTI"), "The body is no NNIA array"],
  ])("refuses %s, and keeps no session", async (_, array, message) => {
    const token = await claim();
    const { status, body } = await postArray(token, "/set_image", array);
    expect([status, body]).toEqual([400, { detail: expect.stringContaining(message) }]);
    expect((await server.call(undefined, "GET", "/api/sessions")).body.sessions).toHaveLength(1);
  });

  it("refuses more than may be uploaded, and X-Meta that is not JSON", async () => {
    const token = await claim();
    const large = await postArray(token, "/set_image", new Uint8Array(1.5 * 2 ** 20));
    expect(large.status).toBe(413);
    const meta = await post(token, "/set_image", Buffer.from(imageOf()), { "x-meta": "{" });
    expect([meta.status, meta.body]).toEqual([400, { detail: "X-Meta is not JSON" }]);
    const python = await post(token, "/set_image", Buffer.from(imageOf()), {
      "x-meta": '{"image_properties":{"spacing":[NaN,Infinity,-Infinity],"name":"a NaN"}}',
    });
    expect(python.status).toBe(200);
  });

  it("replaces the image and all that was made on it", async () => {
    const token = await ready();
    await post(token, "/add_point_interaction", point([4, 5, 6]));
    const id = await sessionId();
    await postArray(token, "/set_image", imageOf("uint8"));
    expect((await server.call(id, "GET", "/api/segments")).body.segments).toEqual([]);
    expect((await post(token, "/add_point_interaction", point([4, 5, 6]))).body).toEqual({
      detail: "There is no target buffer yet: call set_target_buffer first",
    });
  });
});

describe("POST /set_target_buffer", () => {
  it.each([
    [{ shape: [6, 8], dtype: "uint8" }, 400],
    [{ shape: [6, 8, -10], dtype: "uint8" }, 400],
    [{ shape: [6, 8, true], dtype: "uint8" }, 400],
    [{ shape: [6, 8, 10], dtype: "float32" }, 400],
    [{ shape: [6, 8, 11], dtype: "uint8" }, 400],
    [{ shape: [6, 8, 10] }, 400],
    [{ shape: [100_000, 100_000, 100_000], dtype: "int64" }, 413],
    [[6, 8, 10], 422],
    ["", 422],
    ["not JSON", 422],
    [{ shape: [6, 8, 10], dtype: "bool" }, 200],
  ])("of %j answers %i", async (body, status) => {
    const token = await ready();
    expect((await post(token, "/set_target_buffer", body)).status).toBe(status);
  });
});

describe("prompts", () => {
  it("change the client's copy as they change the session", async () => {
    const token = await ready();
    const id = await sessionId();
    const buffer = new Uint8Array(voxels);
    const first = await post(token, "/add_point_interaction", point([4, 5.5, 8.5]));
    expect([first.status, first.headers["content-type"]]).toEqual([200, "application/octet-stream"]);
    expect(metaOf(first)).toEqual({
      ran_prediction: true,
      bbox: [
        [2, 6],
        [4, 8],
        [6, 10],
      ],
      dtype: "uint8",
      shape: [4, 4, 4],
    });
    paste(buffer, first);
    expect(buffer[8 + 10 * (6 + 8 * 4)]).toBe(1);
    expect([...buffer]).toEqual(await serverMask(id, 1));
    const lasso = writeArray("bool", [1, 4, 5], new Uint8Array(20).fill(1));
    const box = [
      [1, 2],
      [2, 6],
      [3, 8],
    ];
    paste(
      buffer,
      await postArray(token, "/add_lasso_interaction", lasso, { include_interaction: true, interaction_bbox: box }),
    );
    paste(
      buffer,
      await post(token, "/add_bbox_interaction", {
        bbox_coords: [
          [3, 4],
          [-1, 3],
          [2.5, 11],
        ],
        include_interaction: false,
      }),
    );
    expect([...buffer]).toEqual(await serverMask(id, 1));
    expect((await server.call(id, "GET", "/api/segments")).body.segments[0].prompts).toMatchObject([
      { kind: "point", voxel: [8, 6, 4], positive: true },
      {
        kind: "lasso",
        box: [
          [3, 8],
          [2, 6],
          [1, 2],
        ],
      },
      {
        kind: "box",
        positive: false,
        box: [
          [2, 10],
          [0, 3],
          [3, 4],
        ],
      },
    ]);
  });

  it("that are only remembered change nothing, until they are predicted", async () => {
    const token = await ready();
    const later = await post(token, "/add_point_interaction", point([1, 1, 1], { run_prediction: false }));
    expect([metaOf(later), later.raw.length]).toEqual([{ ran_prediction: false, bbox: null }, 0]);
    expect(metaOf(await post(token, "/predict", { force_full_refine: false }))).toMatchObject({ ran_prediction: true });
    expect(metaOf(await post(token, "/predict", {}))).toEqual({ ran_prediction: false, bbox: null });
  });

  it("are undone once, and not after reset", async () => {
    const token = await ready();
    const id = await sessionId();
    const buffer = new Uint8Array(voxels);
    paste(buffer, await post(token, "/add_point_interaction", point([1, 1, 1])));
    const before = [...buffer];
    paste(buffer, await post(token, "/add_point_interaction", point([5, 6, 7])));
    paste(buffer, await post(token, "/undo", {}));
    expect([...buffer]).toEqual(before);
    expect(await serverMask(id, 1)).toEqual(before);
    expect(metaOf(await post(token, "/undo", {}))).toEqual({ ran_prediction: false, bbox: null });
    await post(token, "/reset_interactions", {});
    expect(metaOf(await post(token, "/undo", {}))).toEqual({ ran_prediction: false, bbox: null });
    expect(metaOf(await post(token, "/predict", {}))).toEqual({ ran_prediction: false, bbox: null });
  });

  it("begin from a mask, which is not sent back", async () => {
    const token = await ready();
    const mask = Uint8Array.from({ length: voxels }, (_, n) => (n >= 100 && n < 120 ? 1 : 0));
    const seeded = await postArray(token, "/add_initial_seg_interaction", writeArray("uint8", shape, mask));
    expect(metaOf(seeded)).toEqual({ ran_prediction: false, bbox: null });
    const id = await sessionId();
    expect(await serverMask(id, 1)).toEqual([...mask]);
    expect(metaOf(await post(token, "/undo", {}))).toMatchObject({ ran_prediction: true });
    expect(await serverMask(id, 1)).not.toContain(1);
  });

  it.each([
    ["/add_point_interaction", { coordinates: [1, 2] }],
    ["/add_point_interaction", { coordinates: [1, 2, 3] }],
    [
      "/add_bbox_interaction",
      {
        bbox_coords: [
          [1, 2],
          [3, 3],
          [0, 4],
        ],
        include_interaction: true,
      },
    ],
  ])("to %s of %j are refused with 400", async (path, body) => {
    expect((await post(await ready(), path, body)).status).toBe(400);
  });

  it.each([
    [
      "of another shape than its box",
      {
        include_interaction: true,
        interaction_bbox: [
          [0, 1],
          [0, 4],
          [0, 4],
        ],
      },
    ],
    [
      "outside the image",
      {
        include_interaction: true,
        interaction_bbox: [
          [0, 1],
          [0, 4],
          [6, 11],
        ],
      },
    ],
    [
      "in a box with fractions",
      {
        include_interaction: true,
        interaction_bbox: [
          [0, 1],
          [0, 4],
          [0, 4.5],
        ],
      },
    ],
    [
      "without a sign",
      {
        interaction_bbox: [
          [0, 1],
          [0, 4],
          [0, 5],
        ],
      },
    ],
    ["of the whole volume, which it is not", { include_interaction: true }],
  ])("as a drawing %s are refused with 400", async (_, meta) => {
    const drawing = writeArray("uint8", [1, 4, 5], new Uint8Array(20).fill(1));
    expect((await postArray(await ready(), "/add_scribble_interaction", drawing, meta)).status).toBe(400);
  });

  it("as an empty drawing are refused with 400", async () => {
    const drawing = writeArray("uint8", shape, new Uint8Array(voxels));
    const answer = await postArray(await ready(), "/add_lasso_interaction", drawing, { include_interaction: true });
    expect([answer.status, answer.body.detail]).toEqual([400, "The lasso has no voxel: draw at least one"]);
  });

  it("need an image and a target buffer first", async () => {
    const token = await claim();
    const early = await post(token, "/add_point_interaction", point([1, 2, 3]));
    expect([early.status, early.body.detail]).toEqual([400, "There is no image yet: call set_image first"]);
  });
});

it("a heartbeat is answered while a prediction runs", async () => {
  const token = await ready();
  let go = () => {};
  hold = () =>
    new Promise((resolve) => {
      go = resolve;
    });
  const slow = post(token, "/add_point_interaction", point([4, 5, 6]));
  await expect.poll(() => go.name).not.toBe("go");
  server.wait(500_000);
  expect((await post(token, "/heartbeat")).status).toBe(200);
  hold = undefined;
  go();
  expect((await slow).status).toBe(200);
  expect((await post(token, "/undo", {})).status).toBe(200);
});
