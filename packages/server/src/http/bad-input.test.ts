import { errorStatus, isErrorCode } from "@septum/protocol";
import fc from "fast-check";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Called, type Harness, startHarness } from "../testing/harness.ts";

type Case = [
  method: "GET" | "POST" | "DELETE" | "PUT",
  url: string,
  body: unknown,
  status: number,
  code: string,
  detail: string,
];

let harness: Harness;
let empty: string;
let loaded: string;

beforeAll(async () => {
  harness = await startHarness();
  empty = (await harness.call(undefined, "POST", "/api/session")).body.session_id;
  loaded = await harness.loaded();
});

afterAll(() => harness?.app.close());

const before = "This session has no image yet: upload a scan (POST /api/upload) first";

/** Of a session without an image. */
const withoutImage: Case[] = [
  ["GET", "/api/image", undefined, 409, "no_image", before],
  ["GET", "/api/slice/2/0", undefined, 409, "no_image", before],
  ["POST", "/api/mark_point", { voxel: [0, 0, 0] }, 409, "no_image", before],
  ["POST", "/api/run_segmentation", undefined, 409, "no_image", before],
  ["POST", "/api/segments/1/prompts", { kind: "point", voxel: [0, 0, 0] }, 409, "no_image", before],
  ["POST", "/api/segments/1/undo", undefined, 409, "no_image", before],
  ["GET", "/api/mask", undefined, 409, "no_image", before],
  ["GET", "/api/download/segmentation", undefined, 409, "no_image", before],
  ["GET", "/api/download/labels", undefined, 409, "no_image", before],
];

/** Of a session with an image of 12 × 10 × 8 voxels. */
const withImage: Case[] = [
  [
    "GET",
    "/api/slice/3/0",
    undefined,
    400,
    "bad_request",
    'axis is "3": expected 0 (sagittal), 1 (coronal) or 2 (axial)',
  ],
  ["GET", "/api/slice/axial/0", undefined, 400, "bad_request", 'axis is "axial"'],
  [
    "GET",
    "/api/slice/2/8",
    undefined,
    404,
    "slice_not_found",
    "There is no slice 8 along axis 2: slices go from 0 to 7",
  ],
  [
    "GET",
    "/api/slice/0/-1",
    undefined,
    404,
    "slice_not_found",
    "There is no slice -1 along axis 0: slices go from 0 to 11",
  ],
  ["GET", "/api/slice/2/1.5", undefined, 400, "bad_request", 'slice_index is "1.5": expected a whole number'],
  [
    "GET",
    "/api/slice/2/1?window=100",
    undefined,
    400,
    "bad_request",
    "query: window and level come together: give both or neither",
  ],
  [
    "GET",
    "/api/slice/2/1?window=0&level=1",
    undefined,
    400,
    "bad_request",
    "query.window: too small: expected number to be >0",
  ],
  [
    "POST",
    "/api/mark_point",
    { voxel: [12, 0, 0] },
    400,
    "outside_volume",
    "Cannot place point at voxel [12, 0, 0]: volume size is [12, 10, 8]",
  ],
  [
    "POST",
    "/api/mark_point",
    { axis: 2, slice_index: 0, point: { x: 10, y: 0 } },
    400,
    "outside_volume",
    "Cannot place point at voxel [0, 10, 0]",
  ],
  [
    "POST",
    "/api/mark_point",
    { voxel: [1, "2", 3] },
    400,
    "bad_request",
    "body.voxel[1]: expected number, received string",
  ],
  ["POST", "/api/mark_point", { axis: 3, slice_index: 0, point: { x: 1, y: 0 } }, 400, "bad_request", "body"],
  ["POST", "/api/mark_point", undefined, 400, "bad_request", "body"],
  [
    "POST",
    "/api/mark_point",
    { voxel: [1, 2, 3], point_number: 0 },
    400,
    "bad_request",
    "body.point_number: too small: expected number to be >=1",
  ],
  ["POST", "/api/mark_point", "{not json", 400, "bad_request", "not valid JSON"],
  ["DELETE", "/api/remove_point/7", undefined, 404, "point_not_found", "There is no point 7: no point is marked"],
  ["DELETE", "/api/remove_point/x", undefined, 400, "bad_request", '"x" is no point number'],
  [
    "POST",
    "/api/run_segmentation",
    undefined,
    409,
    "no_points",
    "No point is marked: mark one (POST /api/mark_point) first",
  ],
  ["POST", "/api/run_segmentation", { numbers: [] }, 400, "bad_request", "body.numbers"],
  [
    "POST",
    "/api/segments/0/prompts",
    { kind: "point", voxel: [0, 0, 0] },
    400,
    "bad_request",
    "params.label: too small: expected number to be >=1",
  ],
  ["POST", "/api/segments/1/prompts", { kind: "circle" }, 400, "bad_request", "body.kind"],
  [
    "POST",
    "/api/segments/1/prompts",
    { kind: "point", voxel: [0, 0, 8] },
    400,
    "outside_volume",
    "volume size is [12, 10, 8]",
  ],
  [
    "POST",
    "/api/segments/1/prompts",
    {
      kind: "box",
      box: [
        [0, 2],
        [0, 2],
        [0, 2],
      ],
    },
    400,
    "invalid_prompt",
    "one voxel thick",
  ],
  [
    "POST",
    "/api/segments/1/prompts",
    {
      kind: "box",
      box: [
        [0, 2],
        [0, 0],
        [0, 1],
      ],
    },
    400,
    "invalid_prompt",
    "holds no voxel",
  ],
  [
    "POST",
    "/api/segments/1/prompts",
    { kind: "lasso", axis: 2, slice_index: 0, points: [[0, 0]] },
    400,
    "invalid_prompt",
    "has no inside",
  ],
  [
    "POST",
    "/api/segments/1/prompts",
    { kind: "lasso", axis: 2, slice_index: 0, points: [] },
    400,
    "bad_request",
    "body.points",
  ],
  [
    "POST",
    "/api/segments/1/prompts",
    { kind: "scribble", axis: 2, slice_index: 0, points: [[0, 0]], radius: 500 },
    400,
    "bad_request",
    "body.radius",
  ],
  [
    "POST",
    "/api/segments/5/undo",
    undefined,
    404,
    "segment_not_found",
    "There is no object 5: nothing has been segmented yet",
  ],
  ["POST", "/api/segments/5/reset", undefined, 404, "segment_not_found", "There is no object 5"],
  ["DELETE", "/api/segments/5", undefined, 404, "segment_not_found", "There is no object 5"],
  ["GET", "/api/mask?label=4", undefined, 404, "segment_not_found", "There is no object 4"],
  [
    "GET",
    "/api/mask?box=0,1,0,1,0",
    undefined,
    400,
    "bad_request",
    "query.box: box must be six whole numbers i0,i1,j0,j1,k0,k1, half-open",
  ],
  ["GET", "/api/mask?box=0,13,0,1,0,1", undefined, 400, "outside_volume", "volume size is [12, 10, 8]"],
  ["GET", "/api/mask?box=5,5,0,1,0,1", undefined, 400, "outside_volume", "boxes are half-open"],
  ["GET", "/api/download/segmentation", undefined, 409, "no_segmentation", "Nothing has been segmented yet"],
  ["GET", "/api/nowhere", undefined, 404, "not_found", "There is no GET at this address: see /docs"],
  ["PUT", "/api/points", undefined, 404, "not_found", "There is no PUT at this address"],
  ["GET", "/nowhere", undefined, 404, "not_found", "There is no GET at this address"],
  ["GET", "/api/%zz", undefined, 400, "bad_request", "not a valid url component"],
];

describe("bad input", () => {
  test.each(withoutImage)("%s %s of a session without an image", (...row) => check(empty, row));
  test.each(withImage)("%s %s %j", (...row) => check(loaded, row));

  test("leaves the session as it was", async () => {
    const { body } = await harness.call(loaded, "GET", "/api/status");
    expect(body).toMatchObject({ total_points: 0, segments: [], image_revision: 1, mask_revision: 1 });
  });

  test("is refused when the session is said twice", async () => {
    const twice = await harness.call(undefined, "GET", `/api/events?session_id=${empty}&session_id=${loaded}`);
    expect([twice.status, twice.body.code]).toEqual([400, "invalid_session_id"]);
  });
});

async function check(id: string, [method, url, body, status, code, detail]: Case): Promise<void> {
  const headers = typeof body === "string" ? { "content-type": "application/json" } : undefined;
  const called = await harness.call(id, method, url, body, headers);
  expect(called.body).toMatchObject({ code });
  expect([called.status, called.body.detail]).toEqual([status, expect.stringContaining(detail)]);
  expectAnswer(called);
}

/** An error is of the one shape, of its code's status, and tells nothing about the server. */
function expectAnswer({ status, body, raw }: Called): void {
  expect(status).toBeLessThan(500);
  if (status < 400) return;
  expect(Object.keys(body)).toEqual(["detail", "code"]);
  expect(isErrorCode(body.code) && errorStatus[body.code as keyof typeof errorStatus]).toBe(status);
  expect(raw.toString()).not.toMatch(/node_modules|packages\/|\/tmp|at \w+ \(|\.ts:/);
}

describe("any input", () => {
  const coordinate = fc.oneof(
    fc.integer({ min: -2, max: 13 }),
    fc.double(),
    fc.constantFrom("1", null, Number.MAX_SAFE_INTEGER),
  );
  const list = fc.array(coordinate, { maxLength: 4 });
  const lists = fc.array(list, { maxLength: 5 });
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        kind: fc.constantFrom("point", "box", "scribble", "lasso", "initial"),
        voxel: list,
        box: lists,
        points: lists,
        voxels: lists,
        axis: coordinate,
        slice_index: coordinate,
        radius: coordinate,
        positive: fc.oneof(fc.boolean(), coordinate),
        point: fc.record({ x: coordinate, y: coordinate }),
        point_number: coordinate,
        numbers: list,
        predict: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  );
  const part = fc.oneof(
    coordinate.map(String),
    fc.string({ maxLength: 5 }),
    fc.constantFrom("..", "%2e%2e", "1e3", "0x1", "__proto__"),
  );
  const url = fc
    .tuple(
      fc.constantFrom(
        "status",
        "points",
        "mark_point",
        "run_segmentation",
        "remove_point",
        "slice",
        "segments",
        "mask",
        "image",
        "sample",
        "sessions",
        "color_template",
        "download",
        "upload",
      ),
      fc.array(fc.oneof(part, fc.constantFrom("prompts", "undo", "reset", "labels", "segmentation")), { maxLength: 3 }),
      fc.array(fc.tuple(fc.constantFrom("box", "label", "window", "level", "frame", "session_id"), part), {
        maxLength: 2,
      }),
    )
    .map(([route, parts, query]) => {
      const address = ["/api", route, ...parts.map(encodeURIComponent)].join("/");
      return query.length === 0 ? address : `${address}?${new URLSearchParams(query)}`;
    });

  test("gets an answer of the one shape and never a failure of the server", async () => {
    const method = fc.constantFrom<InjectOptions["method"]>("GET", "POST", "DELETE");
    await fc.assert(
      fc.asyncProperty(method, url, body, async (how, where, what) => {
        const sent = how === "GET" ? undefined : JSON.stringify(what);
        expectAnswer(
          await harness.call(
            loaded,
            how,
            where,
            sent,
            sent === undefined ? {} : { "content-type": "application/json" },
          ),
        );
      }),
      { numRuns: 1500 },
    );
  }, 120_000);

  test("in the form of a prompt changes the session as said or not at all", async () => {
    const small = fc.integer({ min: -1, max: 9 });
    const pair = fc.tuple(small, small);
    const slice = { axis: fc.constantFrom(0, 1, 2), slice_index: small };
    const prompt = fc.oneof(
      fc.record({ kind: fc.constant("point"), voxel: fc.tuple(small, small, small), positive: fc.boolean() }),
      fc.record({ kind: fc.constant("box"), box: fc.tuple(pair, pair, pair) }),
      fc.record({ kind: fc.constant("scribble"), points: fc.array(pair, { maxLength: 3 }), ...slice }),
      fc.record({ kind: fc.constant("lasso"), points: fc.array(pair, { maxLength: 5 }), ...slice }),
    );
    const session = await harness.loaded();
    const segments = async () => (await harness.call(session, "GET", "/api/segments")).body.segments;
    await fc.assert(
      fc.asyncProperty(prompt, async (sent) => {
        const earlier = await segments();
        const called = await harness.call(session, "POST", "/api/segments/1/prompts", sent);
        expectAnswer(called);
        const later = await segments();
        if (called.status === 200) expect(later[0].prompts).toHaveLength((earlier[0]?.prompts.length ?? 0) + 1);
        else expect(later).toEqual(earlier);
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  test("in headers and multipart bodies gets an answer too", async () => {
    const header = fc.string({
      maxLength: 40,
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    });
    await fc.assert(
      fc.asyncProperty(header, header, fc.uint8Array({ maxLength: 200 }), async (id, type, bytes) => {
        expectAnswer(
          await harness.call(id, "GET", "/api/status", undefined, { accept: type, authorization: `Bearer ${type}` }),
        );
        expectAnswer(
          await harness.call(loaded, "POST", "/api/upload", Buffer.from(bytes), {
            "content-type": type.trim() || "text/plain",
          }),
        );
        const form = Buffer.concat([
          Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'),
          bytes,
        ]);
        expectAnswer(
          await harness.call(loaded, "POST", "/api/upload", form, {
            "content-type": "multipart/form-data; boundary=x",
          }),
        );
      }),
      { numRuns: 150 },
    );
    expect((await harness.call(loaded, "GET", "/api/status")).body.image_revision).toBe(1);
  }, 120_000);
});
