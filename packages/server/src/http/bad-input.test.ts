import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAnswer } from "../../test/expect-answer.ts";
import { type Harness, startHarness } from "../testing/harness.ts";

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
