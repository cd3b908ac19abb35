import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { imageOf, nninteractiveCalls, point, shape, voxels } from "../../../test/nninteractive-calls.ts";
import { type Harness, startHarness } from "../../testing/harness.ts";
import { prepareCodecs } from "./blosc2/decode.ts";
import { type ArrayDtype, arrayDtypes, writeArray } from "./nnia.ts";

let server: Harness;
const { claim, post, postArray, ready, sessionId } = nninteractiveCalls(() => server);

beforeAll(prepareCodecs);
beforeEach(async () => {
  server = await startHarness({
    settings: { leases: 2, leaseIdleSeconds: 600, leaseLivenessSeconds: 60 },
  });
});
afterEach(() => server.app.close());

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
