import { gunzipSync, gzipSync } from "node:zlib";
import type { Vec3 } from "@septum/volume";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Called, type Harness, startHarness } from "../../testing/harness.ts";
import { type Part, placeOf, sendForm, shape, voxels } from "../testing.ts";

const [nk, nj, ni] = shape;
const image = Float32Array.from({ length: voxels }, (_, n) => n - 100);
const metadata = {
  dimensions: [ni, nj, nk],
  spacing: [0.5, 0.75, 2],
  origin: [10, -20, 30],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  components_per_pixel: 1,
  component_type: "float32",
};

let server: Harness;

beforeEach(async () => {
  server = await startHarness({ settings: { protocol: ["itksnap"] } });
});
afterEach(() => server.app.close());

const get = (url: string) => server.call(undefined, "GET", url);
const imageOf = async (id: string) => (await server.call(id, "GET", "/api/status")).body.image;
const start = async (url = "/v2/start_session/nnInteractive"): Promise<string> => (await get(url)).body.session_id;

/** As ITK-SNAP's curl sends it: the file first, then the metadata, which is no file. */
function send(url: string, data: Float32Array, facts: object = metadata, order: "file" | "metadata" = "file") {
  const file: Part = {
    name: "file",
    filename: "image.gz",
    type: "application/gzip",
    body: gzipSync(new Uint8Array(data.buffer)),
  };
  const about: Part = { name: "metadata", type: "application/json", body: JSON.stringify(facts, null, 4) };
  return sendForm(server, url, order === "file" ? [file, about] : [about, file]);
}

/** The mask of an answer, as ITK-SNAP reads it; its length is what it does not check. */
function maskOf({ status, body, headers }: Called): Int8Array {
  expect(status).toBe(200);
  expect(headers["content-encoding"]).toBeUndefined();
  expect(body.status).toBe("success");
  const mask = new Int8Array(Uint8Array.from(gunzipSync(Buffer.from(body.result, "base64"))).buffer);
  expect(mask.length).toBe(voxels);
  return mask;
}

/** The fake network takes a cube of five voxels around a point. */
function isCubeAround(mask: Int8Array, [k, j, i]: Vec3): boolean {
  return mask.every((value, at) => {
    const place = [Math.floor(at / ni / nj), Math.floor(at / ni) % nj, at % ni];
    return value === ([k, j, i].every((centre, axis) => Math.abs(centre - place[axis]) <= 2) ? 1 : 0);
  });
}

async function loaded(): Promise<string> {
  const id = await start();
  expect((await send(`/upload_raw/${id}?filename=upload.nii.gz`, image)).status).toBe(200);
  return id;
}

describe("the protocol of ITK-SNAP", () => {
  it("is off unless named", async () => {
    const off = await startHarness();
    expect((await off.call(undefined, "GET", "/v2/models")).status).toBe(404);
    await off.app.close();
  });

  it("tells a version of digits, and one model of three dimensions by the name that the lasso looks for", async () => {
    const { status, version } = (await get("/status")).body;
    expect(status).toBe("ok");
    const numbers = version.split(".").map(Number);
    expect(numbers).toHaveLength(3);
    expect(numbers[0] * 1e6 + numbers[1] * 1e3 + numbers[2]).toBeGreaterThanOrEqual(1002);
    expect((await get("/v2/models")).body.models).toMatchObject([
      { id: "nnInteractive", dimensions: 3, channels: [1] },
    ]);
  });

  it("starts sessions of their own by the old address and the new", async () => {
    const ids = [await start(), await start("/start_session"), await start("/start_session")];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[\w-]+$/);
    const { status, body } = await get("/v2/start_session/SAM2");
    expect(status).toBe(404);
    expect(body.detail).toBe('There is no model "SAM2": there is nnInteractive');
  });

  it("takes an image with its metadata before or behind it, and puts it where ITK says", async () => {
    for (const order of ["file", "metadata"] as const) {
      const id = await start();
      expect((await send(`/v2/upload_raw/${id}`, image, metadata, order)).status).toBe(200);
      const facts = await imageOf(id);
      expect(facts).toMatchObject({ shape: [ni, nj, nk], spacing: [0.5, 0.75, 2], dtype: "float32" });
      // LPS [10, -20, 30] is RAS [-10, 20, 30].
      expect(facts.affine).toEqual([-0.5, 0, 0, -10, 0, -0.75, 0, 20, 0, 0, 2, 30, 0, 0, 0, 1]);
      expect(facts.data_range).toEqual([-100, voxels - 101]);
    }
  });

  it("takes an image of which only the dimensions are said", async () => {
    const id = await start();
    expect((await send(`/upload_raw/${id}`, image, { dimensions: [ni, nj, nk] })).status).toBe(200);
    expect((await imageOf(id)).spacing).toEqual([1, 1, 1]);
  });

  it("takes gzip of several members", async () => {
    const id = await start();
    const bytes = new Uint8Array(image.buffer);
    const body = Buffer.concat([gzipSync(bytes.subarray(0, 99)), gzipSync(bytes.subarray(99))]);
    const parts = [
      { name: "file", filename: "image.gz", body },
      { name: "metadata", body: JSON.stringify(metadata) },
    ];
    expect((await sendForm(server, `/upload_raw/${id}`, parts)).status).toBe(200);
    expect((await imageOf(id)).data_range).toEqual([-100, voxels - 101]);
  });

  it.each([
    ["fewer voxels than said", image.subarray(0, 99).slice(), metadata, "Expected 1920 bytes of voxels"],
    ["more", Float32Array.from({ length: 999 }), metadata, "Expected 1920 bytes of voxels"],
    ["another type", image, { ...metadata, component_type: "int16" }, 'component_type is "int16"'],
  ])("refuses an upload with %s, and has no image then", async (_, data, facts, message) => {
    const id = await start();
    const { status, body } = await send(`/upload_raw/${id}`, data, facts);
    expect(status).toBe(400);
    expect(body.detail).toContain(message);
    expect((await get(`/v2/process_point_interaction/${id}?point=5&point=4&point=3`)).status).toBe(409);
  });

  it.each([
    ["new", (id: string, [k, j, i]: Vec3) => `/v2/process_point_interaction/${id}?point=${i}&point=${j}&point=${k}`],
    ["old", (id: string, [k, j, i]: Vec3) => `/process_point_interaction/${id}?x=${i}&y=${j}&z=${k}`],
  ])("gives the whole mask for a point, by the %s address", async (_, url) => {
    const id = await loaded();
    const at: Vec3 = [2, 5, 7];
    expect(isCubeAround(maskOf(await get(`${url(id, at)}&foreground=true`)), at)).toBe(true);
    // Without foreground it is removed.
    expect(maskOf(await get(url(id, at))).every((value) => value === 0)).toBe(true);
  });

  it("takes drawings as floats over the whole volume, above zero", async () => {
    for (const kind of ["scribble", "lasso"]) {
      const id = await loaded();
      const drawing = new Float32Array(voxels).fill(-1, 0, 9);
      const drawn = [placeOf([3, 4, 5]), placeOf([3, 4, 6]), placeOf([3, 7, 9])];
      for (const at of drawn) drawing[at] = 0.25;
      const url = `/process_${kind}_interaction/${id}?foreground=`;
      const mask = maskOf(await send(`${url}true`, drawing));
      expect([...mask.keys()].filter((at) => mask[at] === 1)).toEqual(drawn);
      const none = maskOf(await send(`${url}false`, drawing));
      expect(none.some((value) => value !== 0)).toBe(false);
      expect(server.engine.applied.at(-1)).toMatchObject({
        kind,
        positive: false,
        box: [
          [5, 10],
          [4, 8],
          [3, 4],
        ],
      });
    }
  });

  it("begins another object after a reset, and keeps the one before", async () => {
    const id = await loaded();
    const point = (i: number) => get(`/v2/process_point_interaction/${id}?point=${i}&point=4&point=3&foreground=true`);
    await point(2);
    expect((await get(`/reset_interactions/${id}`)).body).toEqual({ status: "success" });
    expect(isCubeAround(maskOf(await point(7)), [3, 4, 7])).toBe(true);
    const { segments } = (await server.call(id, "GET", "/api/segments")).body;
    expect(segments.map(({ label, prompts }: { label: number; prompts: [] }) => [label, prompts.length])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it("goes on with the same object after a restart of the server", async () => {
    const id = await loaded();
    const url = (i: number) => `/v2/process_point_interaction/${id}?point=${i}&point=4&point=3&foreground=true`;
    await get(url(2));
    await server.app.close();
    server = await startHarness({ settings: { protocol: ["itksnap"] }, store: server.store });
    const mask = maskOf(await get(url(7)));
    expect([mask[placeOf([3, 4, 2])], mask[placeOf([3, 4, 7])]]).toEqual([1, 1]);
    expect((await server.call(id, "GET", "/api/segments")).body.segments).toHaveLength(1);
  });

  it("never answers 200 for a session that is not there", async () => {
    const gone = crypto.randomUUID();
    for (const url of [
      `/v2/process_point_interaction/${gone}?point=1&point=1&point=1&foreground=true`,
      `/process_point_interaction/${gone}?x=1&y=1&z=1&foreground=true`,
      `/reset_interactions/${gone}`,
      `/v2/reset_interactions/${gone}`,
      `/end_session/${gone}`,
      `/v2/end_session/${gone}`,
      "/v2/process_point_interaction/nonsense?point=1&point=1&point=1",
    ]) {
      expect((await get(url)).status, url).toBeGreaterThanOrEqual(400);
    }
    for (const kind of ["scribble", "lasso"]) {
      expect((await send(`/process_${kind}_interaction/${gone}?foreground=true`, image)).status).toBe(404);
    }
  });

  it("takes up an id that it does not know with the next upload", async () => {
    for (const id of [crypto.randomUUID(), "from-another-server"]) {
      expect((await send(`/upload_raw/${id}?filename=upload.nii.gz`, image)).status).toBe(200);
      const url = `/v2/process_point_interaction/${id}?point=7&point=4&point=3&foreground=true`;
      expect(isCubeAround(maskOf(await get(url)), [3, 4, 7])).toBe(true);
    }
  });

  it("knows an ended session no more, which stays in the app", async () => {
    for (const url of ["/end_session", "/v2/end_session"]) {
      const id = await loaded();
      expect((await get(`${url}/${id}`)).status).toBe(200);
      expect((await get(`/v2/process_point_interaction/${id}?point=1&point=1&point=1&foreground=true`)).status).toBe(
        404,
      );
      expect((await server.call(id, "GET", "/api/status")).body.nifti_loaded).toBe(true);
    }
  });

  it.each([
    ["?point=1&point=2", 400],
    ["?point=1&point=2&point=x", 400],
    ["?point=1&point=2&point=3&foreground=yes", 400],
    ["", 400],
  ])("refuses a point as %j", async (query, status) => {
    const id = await loaded();
    expect((await get(`/v2/process_point_interaction/${id}${query}`)).status).toBe(status);
  });

  it("refuses a drawing of nothing, and one of another size", async () => {
    const id = await loaded();
    const url = `/process_scribble_interaction/${id}?foreground=true`;
    expect((await send(url, new Float32Array(voxels))).body.detail).toBe(
      "The scribble has no voxel: draw at least one",
    );
    expect((await send(url, new Float32Array(voxels - 1))).body.detail).toContain("Expected 1920 bytes");
    const { status, body } = await sendForm(server, url, [{ name: "file", filename: "image.gz", body: "plain" }]);
    expect([status, body.detail]).toEqual([400, "The gzip data is damaged or cut off"]);
  });

  it("does nothing when it is only asked what it would answer", async () => {
    expect((await server.app.inject({ method: "HEAD", url: "/start_session" })).statusCode).toBe(404);
  });

  it("asks for no token where the rest of the server does", async () => {
    const closed = await startHarness({ settings: { protocol: ["itksnap"], token: ["correct-horse"], open: true } });
    expect((await closed.call(undefined, "GET", "/start_session")).status).toBe(200);
    expect((await closed.call(undefined, "GET", "/api/status")).status).toBe(401);
    await closed.app.close();
  });

  it("lets no page of another site in", async () => {
    const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    expect((await server.call(undefined, "GET", "/start_session", undefined, headers)).status).toBe(403);
  });
});
