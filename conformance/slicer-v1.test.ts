import { rmSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { createClient } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as story from "./foreign-story.ts";
import { smallModel } from "./small-model.ts";
import { type RunningServer, startServer } from "./start-server.ts";

const { size, voxels, values } = story;
const [ni, nj, nk] = size;

let server: RunningServer;
let model: string;
let told: story.Story;

/** A replay of what the Slicer extension before 1.0 sends with `requests` (specs/client-protocols.md §7.4). */
describe("Slicer's extension before 1.0", () => {
  beforeAll(async () => {
    model = smallModel();
    server = await startServer(["--model", model, "--device", "cpu", "--protocol", "slicer-v1"]);
    told = await story.tellStory(server.url);
  });

  afterAll(async () => {
    await server?.stop();
    rmSync(model, { recursive: true, force: true });
  });

  it("S1 tests the connection, and S2 is asked for the image", async () => {
    expect((await fetch(server.url)).status).toBe(200);
    expect(await message("/u/nobody", "/add_point_interaction", pointOf(story.positive, true))).toBe(
      "No image uploaded",
    );
  });

  it.each([
    ["int16", "<i2", Int16Array],
    ["float64", "<f8", Float64Array],
    ["float32", "<f4", Float32Array],
  ] as const)("S3 to S7 get the masks of the session's own API for an image of %s", async (name, descr, Type) => {
    const base = `/u/${name}`;
    await uploadImage(base, npy(descr, Type.from(values)));
    await ok(await sendMask(base, "/upload_segment", npy("|b1", new Uint8Array(voxels))));
    expectSame(await mask(base, "/add_point_interaction", pointOf(story.positive, true)), told.afterPoint);
    expectSame(await mask(base, "/add_point_interaction", pointOf(story.negative, false)), told.afterBoth);
    const lasso = await sendMask(base, "/add_lasso_interaction", npy("|u1", story.lassoMask()), "True");
    expectSame(await bits(lasso), told.afterLasso);
    const less = await sendMask(
      base,
      "/add_scribble_interaction",
      npy("<i2", Int16Array.from(story.lassoMask())),
      "False",
    );
    expect(await bits(less)).not.toEqual(told.afterLasso);
  });

  it("S6 takes a box by any two of its corners, one voxel thick", async () => {
    const base = "/u/boxes";
    await uploadImage(base, npy("<i2", Int16Array.from(values)));
    const body = { outer_point_one: [5, 9, 3], outer_point_two: [5, 4, 11], positive_click: true };
    const drawn = await mask(base, "/add_bbox_interaction", body);
    expect(drawn.some((value) => value === 1)).toBe(true);
    const { segments } = await newestSession();
    expect(segments[0].prompts[0].box).toEqual([
      [3, 12],
      [4, 10],
      [5, 6],
    ]);
  });

  it("S4 goes on from a mask, and S8 begins anew with an empty one", async () => {
    const base = "/u/anew";
    await uploadImage(base, npy("<i2", Int16Array.from(values)));
    await ok(await sendMask(base, "/upload_segment", npy("|b1", story.lassoMask())));
    const started = await newestSession();
    expect(started.segments[0]).toMatchObject({ prompts: [{ kind: "mask" }] });
    expect(started.segments[0].voxels).toBe(story.lassoMask().reduce((sum, value) => sum + value, 0));
    await ok(await sendMask(base, "/upload_segment", npy("|b1", new Uint8Array(voxels))));
    expectSame(await mask(base, "/add_point_interaction", pointOf(story.positive, true)), told.afterPoint);
    expect((await newestSession()).segments).toHaveLength(2);
  });

  it("S9 keeps people with different addresses apart", async () => {
    await uploadImage("/u/alice", npy("<i2", Int16Array.from(values)));
    await uploadImage("/u/bob", npy("<i2", Int16Array.from(values)));
    await mask("/u/bob", "/add_point_interaction", pointOf(story.negative, true));
    expectSame(await mask("/u/alice", "/add_point_interaction", pointOf(story.positive, true)), told.afterPoint);
    expectSame(await mask("/u/alice", "/add_point_interaction", pointOf(story.negative, false)), told.afterBoth);
  });

  it("heals by itself when its session has been deleted", async () => {
    const base = "/u/deleted";
    await uploadImage(base, npy("<i2", Int16Array.from(values)));
    const { client } = await newestSession();
    await client.deleteSession(client.sessionId as string);
    expect(await message(base, "/add_point_interaction", pointOf(story.positive, true))).toBe("No image uploaded");
    await uploadImage(base, npy("<i2", Int16Array.from(values)));
    expectSame(await mask(base, "/add_point_interaction", pointOf(story.positive, true)), told.afterPoint);
  });
});

/** What `numpy.save` writes for an array `[k, j, i]`. */
function npy(descr: string, data: ArrayBufferView): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${nk}, ${nj}, ${ni}), }`;
  const head = Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"),
    Buffer.from(`${text.padEnd(117)}\n`),
  ]);
  return Buffer.concat([head, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

function pointOf([i, j, k]: Vec3, positive_click: boolean) {
  return { voxel_coord: [k, j, i], positive_click };
}

const post = (base: string, path: string, body: unknown) =>
  fetch(`${server.url}${base}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

async function uploadImage(base: string, file: Buffer): Promise<void> {
  const form = new FormData();
  form.set("file", new Blob([Uint8Array.from(file)], { type: "application/octet-stream" }), "volume.npy");
  await ok(await fetch(`${server.url}${base}/upload_image`, { method: "POST", body: form }));
}

/** With the header that says of the whole request what is true of its file alone. */
function sendMask(base: string, path: string, file: Buffer, positive?: "True" | "False"): Promise<Response> {
  const form = new FormData();
  form.set("file", new Blob([gzipSync(file)], { type: "application/octet-stream" }), "volume.npy.gz");
  if (positive) form.set("positive_click", positive);
  return fetch(`${server.url}${base}${path}`, { method: "POST", headers: { "Content-Encoding": "gzip" }, body: form });
}

async function ok(response: Response): Promise<void> {
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: "ok" });
}

async function message(base: string, path: string, body: unknown): Promise<string> {
  const response = await post(base, path, body);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("application/json");
  return ((await response.json()) as { message: string }).message;
}

async function mask(base: string, path: string, body: unknown): Promise<Uint8Array> {
  return bits(await post(base, path, body));
}

/** Unpacked as NumPy's `unpackbits` does: the highest bit is the first voxel. `fetch` has undone the gzip. */
async function bits(response: Response): Promise<Uint8Array> {
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  const packed = new Uint8Array(await response.arrayBuffer());
  expect(packed.length).toBe(Math.ceil(voxels / 8));
  return Uint8Array.from({ length: voxels }, (_, n) => (packed[n >> 3] >> (7 - (n & 7))) & 1);
}

function expectSame(mask: Uint8Array, wanted: Uint8Array): void {
  expect(Buffer.compare(mask, wanted)).toBe(0);
  // A mask of nothing would prove nothing.
  expect(wanted.some((value) => value === 1)).toBe(true);
}

/** As the browser sees it. */
async function newestSession() {
  const { sessions } = await createClient({ baseUrl: server.url }).sessions();
  const loaded = sessions.filter(({ nifti_loaded }) => nifti_loaded);
  const client = createClient({ baseUrl: server.url, sessionId: loaded.at(-1)?.session_id });
  return { client, segments: (await client.segments()).segments };
}
