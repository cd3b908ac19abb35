import { gunzipSync, gzipSync } from "node:zlib";
import type { Vec3 } from "@septum/volume";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Called, type Harness, startHarness } from "../../testing/harness.ts";
import { placeOf, sendForm, shape, voxels } from "../testing.ts";

let server: Harness;

beforeEach(async () => {
  server = await startHarness({ settings: { protocol: ["slicer-v1"] } });
});
afterEach(() => server.app.close());

const noImage = { status: "error", message: "No image uploaded" };
const values = Array.from({ length: voxels }, (_, n) => n % 101);

/** What `numpy.save` writes. */
function npy(descr: string, data: Uint8Array, order: "True" | "False" = "False", extents: readonly number[] = shape) {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${extents.join(", ")}), }`;
  const header = `${text.padEnd(117)}\n`;
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"), Buffer.from(header), data]);
}

const bytesOf = ({ buffer }: { readonly buffer: ArrayBufferLike }) => new Uint8Array(buffer);

function uploadImage(file: Uint8Array = npy("<i2", bytesOf(Int16Array.from(values))), prefix = "") {
  return sendForm(server, `${prefix}/upload_image`, [
    { name: "file", filename: "volume.npy", type: "application/octet-stream", body: file },
  ]);
}

/** A mask, with the header that says that all of the request is gzip, which it is not. */
function sendMask(url: string, file: Uint8Array, positive?: "True" | "False") {
  const parts = [
    { name: "file", filename: "volume.npy.gz", type: "application/octet-stream", body: gzipSync(file) },
    ...(positive ? [{ name: "positive_click", body: positive }] : []),
  ];
  return sendForm(server, url, parts, { "content-encoding": "gzip" });
}

const post = (url: string, body: unknown) => server.call(undefined, "POST", url, body);
const point = (at: Vec3, prefix = "", positive_click = true) =>
  post(`${prefix}/add_point_interaction`, { voxel_coord: at, positive_click });

/** The mask of an answer as the extension reads it, with NumPy's `unpackbits`; places in memory that are set. */
function placesOf({ status, headers, raw }: Called): number[] {
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("application/octet-stream");
  expect(headers["content-encoding"]).toBe("gzip");
  const bits = gunzipSync(raw);
  expect(bits.length).toBe(Math.ceil(voxels / 8));
  return values.flatMap((_, n) => (bits[n >> 3] & (0x80 >> (n & 7)) ? [n] : []));
}

/** Places of the cube that the fake network takes around a point. */
function cubeAround([k, j, i]: Vec3): number[] {
  return values.flatMap((_, n) => {
    const place = [Math.floor(n / shape[2] / shape[1]), Math.floor(n / shape[2]) % shape[1], n % shape[2]];
    return [k, j, i].every((centre, axis) => Math.abs(centre - place[axis]) <= 2) ? [n] : [];
  });
}

async function onlySession(): Promise<string> {
  const { sessions } = (await server.call(undefined, "GET", "/api/sessions")).body;
  const loaded = sessions.filter(({ nifti_loaded }: { nifti_loaded: boolean }) => nifti_loaded);
  expect(loaded).toHaveLength(1);
  return loaded[0].session_id;
}

describe("the protocol of Slicer's extension before 1.0", () => {
  it("is off unless named, and answers the test of the connection", async () => {
    const off = await startHarness();
    expect((await off.call(undefined, "POST", "/upload_image")).status).toBe(404);
    await off.app.close();
    expect((await server.call(undefined, "GET", "/")).status).toBe(200);
    expect((await server.call(undefined, "GET", "/u/alice")).status).toBe(200);
  });

  it("asks for the image in the words that make the extension send it again", async () => {
    for (const answer of [
      await point([1, 1, 1]),
      await post("/add_bbox_interaction", { outer_point_one: [1, 1, 1], outer_point_two: [1, 2, 2] }),
      await sendMask("/add_lasso_interaction", npy("|u1", new Uint8Array(voxels)), "True"),
      await sendMask("/upload_segment", npy("|b1", new Uint8Array(voxels))),
    ]) {
      expect(answer.status).toBe(200);
      expect(answer.headers["content-type"]).toContain("application/json");
      expect(answer.body).toEqual(noImage);
    }
  });

  it.each([
    ["<i2", Int16Array, "int16"],
    ["|u1", Uint8Array, "uint8"],
    ["|i1", Int8Array, "int8"],
    ["<u2", Uint16Array, "uint16"],
    ["<i4", Int32Array, "int32"],
    ["<f4", Float32Array, "float32"],
    ["<f8", Float64Array, "float64"],
  ] as const)("takes an image of %s", async (descr, Type, dtype) => {
    expect((await uploadImage(npy(descr, bytesOf(Type.from(values))))).body).toEqual({ status: "ok" });
    const { image } = (await server.call(await onlySession(), "GET", "/api/status")).body;
    expect(image).toMatchObject({ shape: shape.toReversed(), dtype, data_range: [0, 100] });
  });

  it("takes an image of half floats, of booleans, and big-endian", async () => {
    const halves = Uint16Array.from(values, (_, n) => (n % 3 === 0 ? 0x3c00 : 0xc500));
    await uploadImage(npy("<f2", bytesOf(halves)));
    const imageOf = async () => (await server.call(await onlySession(), "GET", "/api/status")).body.image;
    expect(await imageOf()).toMatchObject({ dtype: "float32", data_range: [-5, 1] });
    await uploadImage(
      npy(
        "|b1",
        Uint8Array.from(values, (_, n) => n % 2),
      ),
    );
    expect(await imageOf()).toMatchObject({ dtype: "uint8", data_range: [0, 1] });
    await uploadImage(npy(">f4", Buffer.from(bytesOf(Float32Array.from(values))).swap32()));
    expect(await imageOf()).toMatchObject({ dtype: "float32", data_range: [0, 100] });
  });

  it("puts an image in Fortran's order into the order that its indices mean", async () => {
    const [a0, a1, a2] = shape;
    const turned = new Int16Array(voxels);
    for (let n = 0; n < voxels; n++) {
      const [k, j, i] = [Math.floor(n / a2 / a1), Math.floor(n / a2) % a1, n % a2];
      turned[k + a0 * (j + a1 * i)] = n;
    }
    await uploadImage(npy("<i2", bytesOf(turned), "True"));
    const { raw } = await server.call(await onlySession(), "GET", "/api/image");
    const stored = new Int16Array(Uint8Array.from(gunzipSync(raw)).buffer.slice(352));
    expect([...stored]).toEqual(Array.from({ length: voxels }, (_, n) => n));
  });

  it.each([
    [
      npy("<i2", new Uint8Array(2 * voxels - 1)),
      "Expected 960 bytes of voxels, as many as the image's size makes; 959 came",
    ],
    [
      npy("<i2", new Uint8Array(2 * voxels + 1)),
      "Expected 960 bytes of voxels, as many as the image's size makes; more came",
    ],
    [npy("<i2", new Uint8Array(8), "False", [2, 2]), "Expected an array of three axes; this one has the shape [2, 2]"],
    [Buffer.from("not an array at all"), "The .npy file cannot be read: it does not start as one"],
  ])("shows the person what is wrong with an image (%#)", async (file, message) => {
    const { status, body } = await uploadImage(file);
    expect([status, body]).toEqual([200, { status: "error", message }]);
  });

  it("gives the whole mask for a point, packed as NumPy packs", async () => {
    await uploadImage();
    expect(placesOf(await point([2, 5, 7]))).toEqual(cubeAround([2, 5, 7]));
    expect(placesOf(await point([2, 5, 7], "", false))).toEqual([]);
    // Out of the image: nothing is added.
    expect(placesOf(await point([2, 5, 70]))).toEqual([]);
  });

  it("takes corners of a box in any order, both inside it", async () => {
    await uploadImage();
    const body = { outer_point_one: [3, 6, 2], outer_point_two: [3, 4, 9], positive_click: true };
    placesOf(await post("/add_bbox_interaction", body));
    expect(server.engine.applied.at(-1)).toMatchObject({
      kind: "box",
      box: [
        [2, 10],
        [4, 7],
        [3, 4],
      ],
    });
    // Corners outside the image.
    placesOf(
      await post("/add_bbox_interaction", { ...body, outer_point_one: [3, -4, -2], outer_point_two: [3, 99, 5] }),
    );
    expect(server.engine.applied.at(-1)).toMatchObject({ kind: "box", positive: true });
  });

  it("takes drawings over the whole image with a header that lies about them", async () => {
    await uploadImage();
    const drawn = [placeOf([3, 4, 5]), placeOf([3, 4, 6]), placeOf([3, 7, 9])];
    const mask = new Uint8Array(voxels);
    for (const at of drawn) mask[at] = 1;
    expect(placesOf(await sendMask("/add_lasso_interaction", npy("|u1", mask), "True"))).toEqual(drawn);
    expect(placesOf(await sendMask("/add_scribble_interaction", npy("|u1", mask), "False"))).toEqual([]);
    expect(server.engine.applied.map(({ kind }) => kind)).toEqual(["lasso", "scribble"]);
    // Of a difference of masks only what was added counts.
    const difference = Int16Array.from(mask);
    difference[0] = -1;
    expect(placesOf(await sendMask("/add_scribble_interaction", npy("<i2", bytesOf(difference)), "True"))).toEqual(
      drawn,
    );
    mask[0] = 255;
    expect(placesOf(await sendMask("/add_scribble_interaction", npy("|u1", mask), "True"))).toEqual(drawn);
  });

  it("takes a drawing in Fortran's order, and one of other numbers than 1", async () => {
    await uploadImage();
    const turned = new Float32Array(voxels);
    const [k, j, i] = [4, 2, 7];
    turned[k + shape[0] * (j + shape[1] * i)] = 2;
    const answer = await sendMask("/add_lasso_interaction", npy("<f4", bytesOf(turned), "True"), "True");
    expect(placesOf(answer)).toEqual([placeOf([k, j, i])]);
  });

  it("shows what is wrong with a drawing, and goes on", async () => {
    await uploadImage();
    const message = async (file: Uint8Array) => (await sendMask("/add_lasso_interaction", file, "True")).body.message;
    expect(await message(npy("|u1", new Uint8Array(voxels)))).toBe("The lasso has no voxel: draw at least one");
    expect(await message(npy("|u1", new Uint8Array(8), "False", [2, 2, 2]))).toBe(
      "The mask's shape is [2, 2, 2], and the image's is [6, 8, 10]",
    );
    const { body } = await sendForm(server, "/add_lasso_interaction", [
      { name: "file", filename: "volume.npy.gz", body: npy("|u1", new Uint8Array(voxels)) },
    ]);
    expect(body.message).toBe("The gzip data is damaged or cut off");
    expect(placesOf(await point([2, 5, 7]))).toEqual(cubeAround([2, 5, 7]));
  });

  it("goes on from a mask, and begins anew with an empty one", async () => {
    await uploadImage();
    const mask = new Uint8Array(voxels);
    mask[placeOf([5, 7, 9])] = 1;
    expect((await sendMask("/upload_segment", npy("|b1", mask))).body).toEqual({ status: "ok" });
    expect(server.engine.applied.at(-1)).toMatchObject({ kind: "initial" });
    expect(placesOf(await point([2, 3, 4]))).toEqual([...cubeAround([2, 3, 4]), placeOf([5, 7, 9])]);
    expect((await sendMask("/upload_segment", npy("|b1", new Uint8Array(voxels)))).body).toEqual({ status: "ok" });
    expect(placesOf(await point([3, 5, 7]))).toEqual(cubeAround([3, 5, 7]));
    const { segments } = (await server.call(await onlySession(), "GET", "/api/segments")).body;
    expect(segments.map(({ prompts }: { prompts: [] }) => prompts.length)).toEqual([2, 1]);
  });

  it("keeps people with different addresses apart, and those without one by their machine", async () => {
    await uploadImage(undefined, "/u/alice");
    await uploadImage(undefined, "/u/bob");
    expect((await point([1, 1, 1])).body).toEqual(noImage);
    expect(placesOf(await point([2, 3, 4], "/u/alice"))).toEqual(cubeAround([2, 3, 4]));
    expect(placesOf(await point([3, 5, 7], "/u/bob"))).toEqual(cubeAround([3, 5, 7]));
    expect(placesOf(await point([2, 3, 4], "/u/alice"))).toEqual(cubeAround([2, 3, 4]));
  });

  it("leaves to nnInteractive's protocol what is not its own, with a lease or without", async () => {
    await uploadImage();
    const at = { coordinates: [1, 1, 1], include_interaction: true };
    const call = (body: unknown, headers: Record<string, string>, url = "/add_point_interaction") =>
      server.call(undefined, "POST", url, body, headers);
    expect((await call(at, {})).status).toBe(410);
    expect((await call({ voxel_coord: [1, 1, 1] }, { "x-lease-token": "of nobody" })).status).toBe(410);
    const octets = { "content-type": "application/octet-stream" };
    expect((await call(Buffer.from("NNIA"), octets, "/add_lasso_interaction")).status).toBe(410);
    const { status, body } = await call({ voxel_coord: [1, "x", 1] }, {});
    expect(status).toBe(200);
    expect(body.message).toBe("Cannot use voxel_coord.1: Invalid input: expected number, received string");
  });

  it("asks for the image again when the session has been deleted", async () => {
    await uploadImage();
    await server.call(undefined, "DELETE", `/api/session/${await onlySession()}`);
    expect((await point([1, 1, 1])).body).toEqual(noImage);
    await uploadImage();
    expect(placesOf(await point([2, 3, 4]))).toEqual(cubeAround([2, 3, 4]));
  });

  it("lets no page of another site in", async () => {
    const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    const { body } = await server.call(
      undefined,
      "POST",
      "/add_point_interaction",
      { voxel_coord: [1, 1, 1] },
      headers,
    );
    expect(body.message).toContain("Pages of other sites may not use this server");
  });
});
