import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { metaOf, nninteractiveCalls, paste, point, shape, voxels } from "../../../test/nninteractive-calls.ts";
import { type Harness, startHarness } from "../../testing/harness.ts";
import { prepareCodecs } from "./blosc2/decode.ts";
import { writeArray } from "./nnia.ts";

let server: Harness;
const { claim, post, postArray, ready, serverMask, sessionId } = nninteractiveCalls(() => server);

beforeAll(prepareCodecs);
beforeEach(async () => {
  server = await startHarness({
    settings: { leases: 2, leaseIdleSeconds: 600, leaseLivenessSeconds: 60 },
  });
});
afterEach(() => server.app.close());

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
