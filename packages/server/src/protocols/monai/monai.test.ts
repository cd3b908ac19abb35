import { gunzipSync } from "node:zlib";
import { rasToLps } from "@septum/volume";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { affine, type Called, type Harness, scan, size, startHarness } from "../../testing/harness.ts";
import { sendForm } from "../testing.ts";

type Point = [number, number, number];

const voxels = size[0] * size[1] * size[2];
const boundary = "----------lImIt_of_THE_fIle_eW_$";

let server: Harness;

beforeEach(async () => {
  server = await startHarness({ settings: { protocol: ["monai"] } });
});
afterEach(() => server.app.close());

const get = (url: string, headers?: Record<string, string>) => server.call(undefined, "GET", url, undefined, headers);

/** As `requests` sends it: fields first. */
const create = (file: Uint8Array = scan()) =>
  sendForm(
    server,
    "/session/",
    [
      { name: "client_id", body: "user-xyz" },
      { name: "files", filename: "tmpq8x.nii.gz", body: file },
    ],
    {},
    "0a1b2c",
    "PUT",
  );

async function loaded(): Promise<string> {
  const { status, body } = await create();
  expect(status).toBe(200);
  return body.session_id;
}

/** As the client of MONAI Label sends it, with the line it adds behind the end. */
function infer(session: string, params: object, query = "", headers = {}): Promise<Called> {
  const url = `/infer/nnInteractive?image=MR+head&session_id=${session}${query}`;
  const body = { result_extension: ".nrrd", result_dtype: "uint8", client_id: "user-xyz", ...params };
  return sendForm(server, url, [{ name: "params", body: JSON.stringify(body) }], headers, boundary);
}

/** The parts of an answer, as Python's `cgi` tells them apart. */
function partsOf({ status, headers, raw }: Called) {
  expect(status).toBe(200);
  expect(Number(headers["content-length"])).toBe(raw.length);
  expect(headers["transfer-encoding"]).toBeUndefined();
  const edge = `--${/boundary=([\w-]+)$/.exec(String(headers["content-type"]))?.[1]}`;
  const text = raw.toString("latin1");
  expect(text.startsWith(`${edge}\r\n`) && text.endsWith(`\r\n${edge}--\r\n`)).toBe(true);
  const parts = text.slice(edge.length + 2, -edge.length - 6).split(`\r\n${edge}\r\n`);
  return parts.map((part) => {
    const end = part.indexOf("\r\n\r\n");
    const filename = /filename="([^"]*)"/.exec(part.slice(0, end))?.[1];
    return {
      name: / name="(\w+)"/.exec(part.slice(0, end))?.[1],
      filename,
      body: Buffer.from(part.slice(end + 4), "latin1"),
    };
  });
}

/** Head of the NRRD file, and its voxels. */
function nrrdOf(file: Buffer) {
  const end = file.indexOf("\n\n");
  const fields = Object.fromEntries(
    file
      .subarray(0, end)
      .toString()
      .split("\n")
      .slice(1)
      .map((line) => line.split(": ") as [string, string]),
  );
  const data = file.subarray(end + 2);
  return { fields, mask: fields.encoding === "gzip" ? gunzipSync(data) : data };
}

function maskOf(answer: Called): Buffer {
  const [, image] = partsOf(answer);
  const { mask } = nrrdOf(image.body);
  expect(mask.length).toBe(voxels);
  return mask;
}

/** The fake network takes a cube of five voxels around a point. */
function cubes(...points: Point[]): Buffer {
  return Buffer.from(
    Array.from({ length: voxels }, (_, n) => {
      const place = [n % size[0], Math.floor(n / size[0]) % size[1], Math.floor(n / size[0] / size[1])];
      return points.some((at) => at.every((centre, axis) => Math.abs(centre - place[axis]) <= 2)) ? 1 : 0;
    }),
  );
}

describe("the protocol of MONAI Label", () => {
  it("is off unless named", async () => {
    const off = await startHarness();
    expect((await off.call(undefined, "GET", "/info/")).status).toBe(404);
    await off.app.close();
  });

  it("describes one model for points in 3D, and nothing that it does not have", async () => {
    const { status, body } = await get("/info/");
    expect(status).toBe(200);
    expect(body.config).toBeUndefined();
    expect(Object.values(body.models)).toEqual([
      {
        type: "deepgrow",
        labels: expect.arrayContaining(["Label 1"]),
        dimension: 3,
        description: "fake: an object in 3D from points (Apache-2.0)",
        config: {},
      },
    ]);
    for (const none of ["trainers", "strategies", "scoring", "train_stats"]) expect(body[none]).toEqual({});
    expect((await get("/train/?check_if_running=true")).status).toBe(404);
    expect((await get("/auth/")).body).toEqual({ enabled: false });
  });

  it("opens, describes and deletes sessions, which are ordinary ones", async () => {
    const { body } = await create();
    const { session_id: id, session_info: info } = body;
    expect(info).toEqual((await get(`/session/${id}`)).body);
    expect(info).toMatchObject({ name: id, image: id, path: id, meta: {}, expiry: 86_400 });
    expect(info.create_ts).toBe(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000);
    expect((await server.call(id, "GET", "/api/status")).body.nifti_shape).toEqual([...size]);
    expect((await server.call(undefined, "DELETE", `/session/${id}`)).status).toBe(200);
    expect((await get(`/session/${id}`)).status).toBe(404);
    expect((await get(`/session/${crypto.randomUUID()}`)).status).toBe(404);
  });

  it("keeps no session for a file that it cannot read", async () => {
    const { status, body } = await create(Buffer.from("no image"));
    expect(status).toBe(400);
    expect(body.code).toBe("unreadable_image");
    const { sessions } = (await get("/api/sessions")).body;
    expect(sessions.filter(({ nifti_loaded }: { nifti_loaded: boolean }) => nifti_loaded)).toEqual([]);
  });

  it("answers an inference by a form of params and a NRRD file on the image's grid", async () => {
    const id = await loaded();
    const answer = await infer(id, { label: "Label 1", foreground: [[3, 4, 5]], background: [] });
    const [params, image] = partsOf(answer);
    expect(params).toMatchObject({ name: "params", filename: undefined });
    expect(JSON.parse(params.body.toString())).toEqual({ label_names: { "Label 1": 1 } });
    expect(image.name).toBe("image");
    expect(image.filename).toMatch(/^[\w-]+\.nrrd$/);
    const { fields, mask } = nrrdOf(image.body);
    expect(mask.equals(cubes([3, 4, 5]))).toBe(true);
    expect(fields).toMatchObject({ type: "unsigned char", sizes: size.join(" "), space: "left-posterior-superior" });
    const lps = rasToLps(affine);
    const numbers = (text: string) => text.match(/-?[\d.]+/g)?.map(Number) ?? [];
    const close = (text: string, columns: readonly number[]) => {
      const expected = columns.flatMap((column) => [lps[column], lps[4 + column], lps[8 + column]]);
      // NIfTI keeps float32.
      for (const [n, value] of numbers(text).entries()) expect(value).toBeCloseTo(expected[n], 5);
    };
    close(fields["space directions"], [0, 1, 2]);
    close(fields["space origin"], [3]);
  });

  it("sends the file as it is when it is not to be packed", async () => {
    const id = await loaded();
    const params = { label: "Label 1", foreground: [[3, 4, 5]], result_compress: false };
    expect(nrrdOf(partsOf(await infer(id, params))[1].body).fields.encoding).toBe("raw");
    // OHIF's form of the call.
    const bare = await infer(id, params, "&output=image");
    expect(bare.headers["content-type"]).toBe("application/octet-stream");
    expect(nrrdOf(bare.raw).mask.equals(cubes([3, 4, 5]))).toBe(true);
    expect((await infer(id, params, "&output=json")).body).toEqual({ label_names: { "Label 1": 1 } });
  });

  it("adds the points that are new, which gives what all of them at once give", async () => {
    const [a, b, c]: Point[] = [
      [3, 4, 5],
      [8, 7, 3],
      [4, 4, 5],
    ];
    const growing = await loaded();
    await infer(growing, { label: "Label 1", foreground: [a] });
    await infer(growing, { label: "Label 1", foreground: [a, b] });
    const grown = maskOf(await infer(growing, { label: "Label 1", foreground: [a, b], background: [c] }));
    expect(server.engine.applied).toHaveLength(3);
    const atOnce = await loaded();
    expect(maskOf(await infer(atOnce, { label: "Label 1", foreground: [a, b], background: [c] })).equals(grown)).toBe(
      true,
    );
    // Once more: nothing to do.
    expect(maskOf(await infer(atOnce, { label: "Label 1", foreground: [a, b], background: [c] })).equals(grown)).toBe(
      true,
    );
    expect(server.engine.applied).toHaveLength(6);
  });

  it("begins anew when a point was taken away", async () => {
    const id = await loaded();
    await infer(id, {
      label: "Label 1",
      foreground: [
        [3, 4, 5],
        [8, 7, 3],
      ],
    });
    expect(maskOf(await infer(id, { label: "Label 1", foreground: [[8, 7, 3]] })).equals(cubes([8, 7, 3]))).toBe(true);
    expect(maskOf(await infer(id, { label: "Label 1" })).equals(cubes())).toBe(true);
  });

  it("keeps an object per label, by its name", async () => {
    const id = await loaded();
    expect(maskOf(await infer(id, { label: "liver" })).equals(cubes())).toBe(true);
    await infer(id, { label: "Label 3", foreground: [[3, 4, 5]] });
    await infer(id, { label: "liver", foreground: [[8, 7, 3]] });
    expect(maskOf(await infer(id, { label: "liver", foreground: [[8, 7, 3]] })).equals(cubes([8, 7, 3]))).toBe(true);
    const { segments } = (await server.call(id, "GET", "/api/segments")).body;
    expect(segments.map(({ label, name }: { label: number; name: string }) => [label, name])).toEqual([
      [3, "Label 3"],
      [4, "liver"],
    ]);
  });

  it.each([
    ["a point outside", { foreground: [[3, 4, 50]] }, 400, "Cannot place point at voxel [3, 4, 50]"],
    ["a point of two numbers", { foreground: [[3, 4]] }, 400, "Cannot use the field params: foreground.0"],
    ["a label of no name", { label: " " }, 400, "Cannot use the field params: label"],
  ])("refuses %s", async (_, params, status, detail) => {
    const answer = await infer(await loaded(), params);
    expect(answer.status).toBe(status);
    expect(answer.body.detail).toContain(detail);
  });

  it("refuses another model, and an image that it was not sent", async () => {
    const id = await loaded();
    expect((await sendForm(server, `/infer/deepedit?session_id=${id}`, [])).status).toBe(404);
    expect((await sendForm(server, "/infer/nnInteractive?image=1.2.840", [])).body.detail).toContain("keeps no images");
    expect((await infer(crypto.randomUUID(), {})).status).toBe(404);
  });

  it("lets the pages of invited sites in, and no others", async () => {
    const origin = "https://viewer.example";
    const invited = await startHarness({ settings: { protocol: ["monai"], corsOrigins: [origin] } });
    const headers = { origin, "sec-fetch-site": "cross-site" };
    const answer = await invited.call(undefined, "GET", "/info/", undefined, headers);
    expect(answer.status).toBe(200);
    expect(answer.headers["access-control-allow-origin"]).toBe(origin);
    await invited.app.close();
    expect((await get("/info/", headers)).status).toBe(403);
  });

  it("takes the access token for a password, where there is one", async () => {
    const closed = await startHarness({ settings: { protocol: ["monai"], token: ["correct-horse"] } });
    const call = (method: "GET" | "POST", url: string, body?: string, headers = {}) =>
      closed.call(undefined, method, url, body, headers);
    expect((await call("GET", "/auth/")).body).toEqual({ enabled: true });
    expect((await call("GET", "/info/")).status).toBe(401);
    expect((await call("GET", "/auth/token/valid")).status).toBe(401);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const logIn = (password: string) =>
      call("POST", "/auth/token", `username=ada&password=${password}&grant_type=password`, form);
    expect((await logIn("wrong")).status).toBe(401);
    const { body } = await logIn("correct-horse");
    const bearer = { authorization: `${body.token_type} ${body.access_token}` };
    expect((await call("GET", "/auth/token/valid", undefined, bearer)).status).toBe(200);
    expect((await call("GET", "/info/", undefined, bearer)).status).toBe(200);
    await closed.app.close();
  });
});
