import { decodeFrame, labelColor, sliceAnswer, statusAnswer, unpackBits, uploadAnswer } from "@septum/protocol";
import { memoryStore } from "@septum/store";
import { readNifti } from "@septum/volume";
import { afterEach, describe, expect, test } from "vitest";
import {
  affine,
  type Harness,
  type HarnessOptions,
  multipart,
  scan,
  size,
  startHarness,
  upload,
} from "./testing/harness.ts";

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(() => harness?.app.close());

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function* chunk(bytes: Uint8Array) {
  yield bytes;
}

function expectSameAffine(found: readonly number[]): void {
  for (const [n, value] of found.entries()) expect(value).toBeCloseTo(affine[n], 5);
}

describe("sessions", () => {
  test("POST /api/session makes a session and says its id in body and header", async () => {
    const { call } = await start();
    const { status, body, headers } = await call(undefined, "POST", "/api/session");
    expect(status).toBe(200);
    expect(body.session_id).toMatch(uuid4);
    expect(headers["x-session-id"]).toBe(body.session_id);
    expect((await call(body.session_id, "GET", "/api/status")).body.session_id).toBe(body.session_id);
  });

  test("a call without an id makes a session; with an id it stays in it, also in capitals", async () => {
    const { call } = await start();
    const first = await call(undefined, "GET", "/api/status");
    const again = await call(first.body.session_id.toUpperCase(), "GET", "/api/points");
    expect(again.body.session_id).toBe(first.body.session_id);
    expect(again.headers["x-session-id"]).toBe(first.body.session_id);
  });

  test("an id that is no UUID gets 400, an unknown one 404", async () => {
    const { call } = await start();
    const bad = await call("me", "GET", "/api/status");
    expect([bad.status, bad.body]).toEqual([
      400,
      { detail: "The session id is not a UUID", code: "invalid_session_id" },
    ]);
    const unknown = await call("7b0c2a52-3a0e-4c54-9d5a-7f6f0c9b1a11", "POST", "/api/run_segmentation");
    expect([unknown.status, unknown.body.code]).toEqual([404, "session_not_found"]);
  });

  test("a session expires after its hours without a call, and every call puts that off", async () => {
    const { call, wait, store } = await start({ settings: { sessionHours: 2 } });
    const { body } = await call(undefined, "POST", "/api/session");
    const id = body.session_id;
    wait(1.9 * 3_600_000);
    expect((await call(id, "GET", "/api/points")).status).toBe(200);
    wait(1.9 * 3_600_000);
    const alive = await call(id, "GET", "/api/status");
    expect(alive.body.expires_at).toBe(new Date(Date.parse(alive.body.last_activity) + 7_200_000).toISOString());
    wait(2 * 3_600_000);
    expect((await call(id, "GET", "/api/status")).body).toEqual({
      detail: "This session does not exist, or has expired",
      code: "session_not_found",
    });
    expect(store.get(id)).toBeDefined();
  });

  test("DELETE /api/session/{id} forgets memory, record and files", async () => {
    const { call, loaded, engine, store } = await start();
    const id = await loaded();
    expect(engine.open.size).toBe(1);
    const { status, body, headers } = await call(undefined, "DELETE", `/api/session/${id}`);
    expect([status, body]).toEqual([200, { message: "The session was deleted", session_id: id }]);
    expect(headers["x-session-id"]).toBe(id);
    expect(engine.open.size).toBe(0);
    expect(store.get(id)).toBeUndefined();
    expect((await call(undefined, "DELETE", `/api/session/${id}`)).status).toBe(404);
    expect((await call(undefined, "DELETE", "/api/session/abc")).status).toBe(400);
  });

  test("sessions are found again by a server started anew, with their points, objects and history", async () => {
    const store = memoryStore();
    const before = await start({ store });
    const id = await before.loaded();
    await before.call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await before.call(id, "POST", "/api/run_segmentation");
    await before.call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [9, 8, 6] });
    const mask = (await before.call(id, "GET", "/api/mask")).raw;
    await before.app.close();

    const after = await start({ store });
    expect(after.engine.open.size).toBe(0);
    const status = await after.call(id, "GET", "/api/status");
    expect(status.body).toMatchObject({ nifti_shape: [...size], total_points: 1 });
    expect(status.body.segments[0].prompts).toHaveLength(2);
    expect(after.engine.open.size).toBe(0);
    expect((await after.call(id, "GET", "/api/mask")).raw.equals(mask)).toBe(true);
    expect(after.engine.open.size).toBe(1);
    expect((await after.call(id, "POST", "/api/run_segmentation")).body.status).toBe("unchanged");
    expect((await after.call(id, "POST", "/api/segments/1/undo")).body).toMatchObject({ prompts: 1, voxels: 125 });
  });

  test("the least recently used image is put to rest when memory is short, and comes back on touch", async () => {
    const bytes = 2 * 12 * 10 * 8;
    const { call, loaded, wait, engine } = await start({ app: { memoryBudget: 2 * bytes } });
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      ids.push(await loaded());
      wait(1000);
    }
    expect(engine.open.size).toBe(2);
    expect((await call(ids[0], "GET", "/api/slice/2/0")).body.slice_data).toHaveLength(12);
    expect(engine.open.size).toBe(2);
  });
});

describe("GET /api/sessions", () => {
  test("shows everything to anyone while the server listens on loopback and no token is set", async () => {
    const { call, loaded } = await start();
    const loadedId = await loaded();
    const { body } = await call(undefined, "GET", "/api/sessions");
    expect(body.all).toBe(true);
    expect(body.sessions.map((session: { session_id: string }) => session.session_id)).toEqual([
      loadedId,
      body.session_id,
    ]);
    expect(body.sessions[0]).toMatchObject({
      created_at: "2026-01-02T03:04:05.000Z",
      last_activity: "2026-01-02T03:04:05.000Z",
      nifti_loaded: true,
      nifti_shape: [12, 10, 8],
      total_points: 0,
    });
  });

  test("shows the caller's own alone behind a proxy, or under another site's name", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await loaded();
    for (const headers of [{ "x-forwarded-for": "10.0.0.9" }, { host: "rebound.example" }]) {
      const { body } = await call(id, "GET", "/api/sessions", undefined, headers);
      expect(body.sessions.map((session: { session_id: string }) => session.session_id)).toEqual([id]);
    }
  });

  test("shows the caller's own alone on a server that others can reach", async () => {
    const { call, loaded } = await start({ settings: { host: "0.0.0.0" } });
    const id = await loaded();
    await loaded();
    const { body } = await call(id, "GET", "/api/sessions");
    expect([body.all, body.sessions.length, body.sessions[0].session_id]).toEqual([false, 1, id]);
  });

  test("shows everything to whoever has the token, and makes no session for them", async () => {
    const { call, loaded } = await start({ settings: { adminToken: "correct-horse" } });
    const id = await loaded();
    const admin = await call(undefined, "GET", "/api/sessions", undefined, { authorization: "Bearer correct-horse" });
    expect(admin.body).toMatchObject({ all: true, sessions: [{ session_id: id }] });
    expect(admin.body.sessions).toHaveLength(1);
    const wrong = await call(undefined, "GET", "/api/sessions", undefined, { authorization: "Bearer correct-house" });
    expect([wrong.status, wrong.body.code]).toEqual([401, "unauthorized"]);
    expect((await call(id, "GET", "/api/sessions")).body.all).toBe(false);
  });
});

describe("GET /api/status", () => {
  test("says what is loaded and what it runs on", async () => {
    const { call, loaded } = await start();
    const { body } = await call(await loaded(), "GET", "/api/status");
    expect(statusAnswer.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      nifti_loaded: true,
      nninteractive_available: true,
      cuda_available: false,
      segmentation_files: [],
      model: {
        name: "fake",
        device: "cpu",
        providers: [
          { name: "cuda", ok: false, reason: "this build has no CUDA" },
          { name: "cpu", ok: true },
        ],
      },
      image: { shape: [12, 10, 8], orientation: "LAS", dtype: "int16", data_range: [-100, 859] },
      max_upload_bytes: 1024 * 1024,
    });
  });
});

describe("POST /api/upload", () => {
  test("answers with the facts of the scan, and replaces the earlier one with all made on it", async () => {
    const { call, engine } = await start();
    const first = await upload(harness, undefined, scan());
    expect(uploadAnswer.parse(first.body)).toEqual(first.body);
    const id = first.body.session_id;
    expect(first.body).toMatchObject({
      shape: [12, 10, 8],
      data_range: [-100, 859],
      file_type: "nifti",
      image_revision: 1,
    });
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await call(id, "POST", "/api/run_segmentation");
    const second = await upload(
      harness,
      id,
      scan(
        Uint8Array.from({ length: 24 }, (_, n) => n),
        [4, 3, 2],
      ),
    );
    expect(second.body).toMatchObject({ session_id: id, shape: [4, 3, 2], image_revision: 2 });
    const { body } = await call(id, "GET", "/api/status");
    expect(body).toMatchObject({ nifti_shape: [4, 3, 2], total_points: 0, segments: [], segmentation_files: [] });
    expect(engine.open.size).toBe(1);
  });

  test("refuses a bad file and leaves image, points and objects as they were", async () => {
    const { call, loaded, engine } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await call(id, "POST", "/api/run_segmentation");
    const before = (await call(id, "GET", "/api/mask")).raw;
    for (const bad of [Buffer.from("plain text, no scan"), Buffer.alloc(0), scan().subarray(0, 300)]) {
      const { status, body } = await upload(harness, id, bad);
      expect([status, body.code]).toEqual([400, "unreadable_image"]);
    }
    expect((await call(id, "GET", "/api/mask")).raw.equals(before)).toBe(true);
    expect((await call(id, "GET", "/api/points")).body.total_points).toBe(1);
    expect(engine.open.size).toBe(1);
  });

  test("refuses a file beyond the limit by one byte, whether it was announced or not", async () => {
    const { call } = await start({ settings: { maxUploadMb: 0.001 } });
    const limit = Math.floor(0.001 * 1024 * 1024);
    const over = await upload(harness, undefined, Buffer.alloc(limit + 1));
    expect([over.status, over.body]).toEqual([
      413,
      { detail: "The file is larger than the 0 MB that may be uploaded", code: "too_large" },
    ]);
    expect((await upload(harness, undefined, Buffer.alloc(limit))).status).toBe(400);
    const announced = await call(undefined, "POST", "/api/upload", undefined, {
      "content-type": "multipart/form-data; boundary=x",
      "content-length": "99999999",
    });
    expect(announced.status).toBe(413);
  });

  test("refuses another field, no file, and another kind of body", async () => {
    const { call } = await start();
    const field = await upload(harness, undefined, scan(), "scan");
    expect([field.status, field.body]).toEqual([
      400,
      { detail: "Expected the scan in the field `file`; the file came in another field", code: "wrong_field" },
    ]);
    const none = '--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--x--\r\n';
    expect(
      (await call(undefined, "POST", "/api/upload", none, { "content-type": "multipart/form-data; boundary=x" })).body
        .code,
    ).toBe("wrong_field");
    expect((await call(undefined, "POST", "/api/upload", "{}", { "content-type": "application/json" })).body.code).toBe(
      "wrong_field",
    );
    expect((await call(undefined, "POST", "/api/upload")).body.code).toBe("wrong_field");
    expect((await call(undefined, "POST", "/api/upload", "a", { "content-type": "text/x" })).status).toBe(415);
    const broken = multipart(scan()).body.subarray(0, 200);
    expect(
      (await call(undefined, "POST", "/api/upload", broken, { "content-type": multipart(scan()).type })).status,
    ).toBe(400);
  });

  test("opens the sample in the same way, or says that there is none", async () => {
    const { call } = await start();
    expect((await call(undefined, "POST", "/api/sample")).body.code).toBe("not_found");
  });
});

describe("GET /api/slice", () => {
  test("has the first remaining axis as rows and the second as columns", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    // Grey value g stands for the value g of a window from 0 to 255.
    const shown = async (axis: number, index: number) =>
      sliceAnswer.parse((await call(id, "GET", `/api/slice/${axis}/${index}?window=255&level=127.5`)).body);
    const grey = (i: number, j: number, k: number) => Math.min(255, Math.max(0, i + 12 * (j + 10 * k) - 100));
    const axial = await shown(2, 1);
    expect([axial.slice_data.length, axial.slice_data[0].length, axial.max_slices]).toEqual([12, 10, 8]);
    expect(axial.slice_data[4][7]).toBe(grey(4, 7, 1));
    const coronal = await shown(1, 3);
    expect([coronal.slice_data.length, coronal.slice_data[0].length, coronal.max_slices]).toEqual([12, 8, 10]);
    expect(coronal.slice_data[5][2]).toBe(grey(5, 3, 2));
    const sagittal = await shown(0, 6);
    expect([sagittal.slice_data.length, sagittal.slice_data[0].length, sagittal.max_slices]).toEqual([10, 8, 12]);
    expect(sagittal.slice_data[9][2]).toBe(grey(6, 9, 2));
  });

  test("carries the points that lie on it, as column and row", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [4, 7, 1] });
    const point = { number: 1, voxel: [4, 7, 1], color: "#ff0000" };
    expect((await call(id, "GET", "/api/slice/2/1")).body.marked_points).toEqual([{ ...point, x: 7, y: 4 }]);
    expect((await call(id, "GET", "/api/slice/1/7")).body.marked_points).toEqual([{ ...point, x: 1, y: 4 }]);
    expect((await call(id, "GET", "/api/slice/0/4")).body.marked_points).toEqual([{ ...point, x: 1, y: 7 }]);
    expect((await call(id, "GET", "/api/slice/0/5")).body.marked_points).toEqual([]);
  });

  test("is a PNG for whoever asks for one", async () => {
    const { call, loaded } = await start();
    const { headers, raw } = await call(await loaded(), "GET", "/api/slice/2/1", undefined, { accept: "image/png" });
    expect(headers["content-type"]).toBe("image/png");
    expect(raw[1]).toBe(0x50);
  });
});

describe("GET /api/image", () => {
  test("is a NIfTI file with the scan's geometry, and 304 for whoever has it", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    const { raw, headers } = await call(id, "GET", "/api/image");
    const { volume } = await readNifti(chunk(raw));
    expect([...volume.size]).toEqual([...size]);
    expectSameAffine(volume.affine);
    const again = await call(id, "GET", "/api/image", undefined, { "if-none-match": String(headers.etag) });
    expect([again.status, again.raw.length]).toEqual([304, 0]);
    await upload(harness, id, scan());
    expect((await call(id, "GET", "/api/image", undefined, { "if-none-match": String(headers.etag) })).status).toBe(
      200,
    );
    const other = await loaded();
    expect((await call(other, "GET", "/api/image", undefined, { "if-none-match": String(headers.etag) })).status).toBe(
      200,
    );
  });
});

describe("points", () => {
  test("take the last number plus one, or the given number, and move when it is used again", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    const mark = async (body: object) => (await call(id, "POST", "/api/mark_point", body)).body;
    expect(await mark({ voxel: [1, 2, 3] })).toEqual({
      message: "Point 1 was marked",
      session_id: id,
      point_number: 1,
      total_points: 1,
      voxel: [1, 2, 3],
      color: "#ff0000",
    });
    expect(await mark({ voxel: [1, 2, 3], point_number: 5 })).toMatchObject({ point_number: 5, total_points: 2 });
    expect(await mark({ voxel: [0, 0, 0] })).toMatchObject({ point_number: 6, total_points: 3 });
    expect(await mark({ voxel: [2, 2, 2], point_number: 5 })).toMatchObject({
      point_number: 5,
      total_points: 3,
      voxel: [2, 2, 2],
    });
    const { body } = await call(id, "GET", "/api/points");
    expect(body.points).toEqual([
      { number: 1, voxel: [1, 2, 3], color: labelColor(1) },
      { number: 5, voxel: [2, 2, 2], color: labelColor(5) },
      { number: 6, voxel: [0, 0, 0], color: labelColor(6) },
    ]);
    expect(body.by_slice).toEqual({
      0: { 0: [6], 1: [1], 2: [5] },
      1: { 0: [6], 2: [1, 5] },
      2: { 0: [6], 2: [5], 3: [1] },
    });
  });

  test.each([
    [2, { x: 7, y: 4 }, [4, 7, 1]],
    [1, { x: 7, y: 4 }, [4, 1, 7]],
    [0, { x: 7, y: 4 }, [1, 4, 7]],
  ])("on a slice of axis %i count x along columns and y along rows", async (axis, point, voxel) => {
    const { call, loaded } = await start();
    const { body } = await call(await loaded(), "POST", "/api/mark_point", { axis, slice_index: 1, point });
    expect(body.voxel).toEqual(voxel);
  });

  test("are removed with the object made from them, one by one or all at once", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    for (const voxel of [
      [2, 2, 2],
      [9, 8, 6],
      [6, 5, 4],
    ])
      await call(id, "POST", "/api/mark_point", { voxel });
    await call(id, "POST", "/api/run_segmentation", { numbers: [1, 2] });
    await call(id, "POST", "/api/segments/9/prompts", { kind: "point", voxel: [6, 6, 6] });
    expect((await call(id, "DELETE", "/api/remove_point/1")).body).toEqual({
      message: "Point 1 was removed",
      session_id: id,
      total_points: 2,
    });
    const labels = async () =>
      (await call(id, "GET", "/api/segments")).body.segments.map(({ label }: { label: number }) => label);
    expect(await labels()).toEqual([2, 9]);
    const gone = await call(id, "DELETE", "/api/remove_point/1");
    expect([gone.status, gone.body]).toEqual([
      404,
      { detail: "There is no point 1: marked are 2, 3", code: "point_not_found" },
    ]);
    expect((await call(id, "DELETE", "/api/points")).body.total_points).toBe(0);
    expect(await labels()).toEqual([9]);
    expect((await call(id, "DELETE", "/api/segments/9")).status).toBe(200);
    expect(await labels()).toEqual([]);
  });
});

describe("POST /api/run_segmentation", () => {
  test("makes one object per point; what two want belongs to the lower number", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [6, 5, 4], point_number: 2 });
    await call(id, "POST", "/api/mark_point", { voxel: [5, 5, 4], point_number: 1 });
    await call(id, "POST", "/api/mark_point", { voxel: [5, 5, 4], point_number: 3 });
    const { body } = await call(id, "POST", "/api/run_segmentation");
    expect(body).toMatchObject({
      status: "completed",
      message: "3 objects segmented",
      session_id: id,
      unique_labels: [1, 2],
    });
    expect(
      body.segments.map(({ label, voxels, unchanged, passes }: Record<string, unknown>) => [
        label,
        voxels,
        unchanged,
        passes,
      ]),
    ).toEqual([
      [1, 125, false, 2],
      [2, 125, false, 2],
      [3, 125, false, 2],
    ]);
    const frame = await decodeFrame((await call(id, "GET", "/api/mask")).raw);
    const counts = [0, 0, 0, 0];
    for (const label of frame.data) counts[label]++;
    expect(counts.slice(1)).toEqual([125, 25, 0]);
  });

  test("keeps objects made by exactly this point, makes moved ones anew, and runs only the chosen", async () => {
    const { call, loaded, engine } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [2, 2, 2] });
    await call(id, "POST", "/api/mark_point", { voxel: [9, 8, 6] });
    expect((await call(id, "POST", "/api/run_segmentation", { numbers: [2] })).body.unique_labels).toEqual([2]);
    expect((await call(id, "POST", "/api/run_segmentation")).body.message).toBe("1 object segmented, 1 unchanged");
    expect(engine.applied).toHaveLength(2);
    await call(id, "POST", "/api/mark_point", { voxel: [6, 6, 4], point_number: 1 });
    const { body } = await call(id, "POST", "/api/run_segmentation");
    expect(body.segments.map(({ unchanged }: { unchanged: boolean }) => unchanged)).toEqual([false, true]);
    expect((await call(id, "POST", "/api/run_segmentation")).body).toMatchObject({
      status: "unchanged",
      message: "Nothing to do: 2 objects unchanged since the last run",
    });
    const frame = await decodeFrame((await call(id, "GET", "/api/mask?label=1")).raw);
    const mask = unpackBits(frame.data as Uint8Array, 960);
    expect([mask[2 + 12 * (2 + 10 * 2)], mask[6 + 12 * (6 + 10 * 4)]]).toEqual([0, 1]);
  });

  test("keeps an object that was refined, and makes one anew that was emptied", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await call(id, "POST", "/api/run_segmentation");
    await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [3, 3, 3], positive: false });
    expect((await call(id, "POST", "/api/run_segmentation")).body.status).toBe("unchanged");
    await call(id, "POST", "/api/segments/1/reset");
    expect((await call(id, "POST", "/api/run_segmentation")).body.segments[0]).toMatchObject({
      voxels: 125,
      unchanged: false,
    });
  });

  test("takes an empty JSON body as none", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    expect((await call(id, "POST", "/api/run_segmentation", "", { "content-type": "application/json" })).status).toBe(
      200,
    );
  });

  test("refuses a second run of the session while one is going on, and leaves a removed point out", async () => {
    let reached = () => {};
    let release = () => {};
    const inPass = new Promise<void>((resolve) => (reached = resolve));
    const held = new Promise<void>((resolve) => (release = resolve));
    const { call, loaded } = await start({
      onPass: (_, signal) => {
        reached();
        return Promise.race([
          held,
          new Promise<void>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
        ]);
      },
    });
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await call(id, "POST", "/api/mark_point", { voxel: [8, 7, 5] });
    const run = call(id, "POST", "/api/run_segmentation");
    await inPass;
    const second = await call(id, "POST", "/api/run_segmentation");
    expect([second.status, second.body.code]).toEqual([409, "run_in_progress"]);
    expect((await call(id, "GET", "/api/status")).body.running).toEqual({ numbers: [1, 2] });
    expect((await call(id, "DELETE", "/api/remove_point/1")).status).toBe(200);
    release();
    const { body } = await run;
    expect(body.unique_labels).toEqual([2]);
    expect((await call(id, "GET", "/api/status")).body.running).toBeNull();
  });

  test("ends when its session is deleted, and when another image arrives", async () => {
    const holds: (() => void)[] = [];
    let reached = () => {};
    const { call, loaded } = await start({
      onPass: (label, signal) => {
        if (label === 1) return Promise.resolve();
        reached();
        return new Promise<void>((resolve, reject) => {
          holds.push(resolve);
          signal?.addEventListener("abort", () =>
            reject(new DOMException("as it comes out of a thread", "AbortError")),
          );
        });
      },
    });
    for (const end of ["delete", "upload"] as const) {
      const id = await loaded();
      await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
      await call(id, "POST", "/api/mark_point", { voxel: [8, 7, 5] });
      const inPass = new Promise<void>((resolve) => (reached = resolve));
      const run = call(id, "POST", "/api/run_segmentation");
      await inPass;
      if (end === "delete") await call(id, "DELETE", `/api/session/${id}`);
      else expect((await upload(harness, id, scan())).status).toBe(200);
      const { status, body } = await run;
      expect([status, body.code]).toEqual(end === "delete" ? [410, "session_deleted"] : [409, "aborted"]);
    }
  });
});

describe("prompts", () => {
  const box = (body: { changed_box: unknown }) => JSON.stringify(body.changed_box);

  test("of every kind are drawn where they were said, and undone one by one", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    const prompt = async (body: object) => (await call(id, "POST", "/api/segments/3/prompts", body)).body;
    expect(await prompt({ kind: "point", voxel: [6, 5, 4] })).toMatchObject({
      label: 3,
      voxels: 125,
      prompts: 1,
      passes: 2,
      changed_box: [
        [4, 9],
        [3, 8],
        [2, 7],
      ],
    });
    const flat = {
      kind: "box",
      box: [
        [0, 3],
        [0, 2],
        [7, 8],
      ],
    };
    expect((await prompt(flat)).voxels).toBe(131);
    expect(
      (
        await prompt({
          kind: "scribble",
          axis: 2,
          slice_index: 0,
          points: [
            [0, 0],
            [4, 0],
          ],
        })
      ).voxels,
    ).toBe(131 + 11);
    expect(
      (
        await prompt({
          kind: "lasso",
          axis: 0,
          slice_index: 11,
          points: [
            [0, 0],
            [2, 0],
            [2, 3],
            [0, 3],
          ],
        })
      ).voxels,
    ).toBe(131 + 11 + 12);
    expect((await prompt({ kind: "scribble", voxels: [[11, 9, 7]], radius: 0.5, predict: false })).passes).toBe(0);
    const { body } = await call(id, "GET", "/api/segments");
    expect(body.segments).toEqual([
      {
        label: 3,
        name: "Label 3",
        color: "#0000ff",
        voxels: 155,
        prompts: [
          { kind: "point", voxel: [6, 5, 4], positive: true },
          { ...flat, positive: true },
          {
            kind: "scribble",
            box: [
              [0, 2],
              [0, 6],
              [0, 1],
            ],
            positive: true,
          },
          {
            kind: "lasso",
            box: [
              [11, 12],
              [0, 4],
              [0, 3],
            ],
            positive: true,
          },
          {
            kind: "scribble",
            box: [
              [11, 12],
              [9, 10],
              [7, 8],
            ],
            positive: true,
          },
        ],
      },
    ]);
    for (const voxels of [154, 142, 131, 125])
      expect((await call(id, "POST", "/api/segments/3/undo")).body.voxels).toBe(voxels);
    expect((await call(id, "POST", "/api/segments/3/reset")).body).toMatchObject({ voxels: 0, prompts: 0 });
    expect((await call(id, "POST", "/api/segments/3/undo")).body).toMatchObject({ voxels: 125, prompts: 1 });
    expect((await call(id, "POST", "/api/segments/3/undo")).body).toMatchObject({ voxels: 0, prompts: 0 });
    const nothing = await call(id, "POST", "/api/segments/3/undo");
    expect([nothing.status, nothing.body.code]).toEqual([409, "nothing_to_undo"]);
  });

  test("answer with the frame of the changed box when asked for", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [2, 2, 2] });
    const url = "/api/segments/2/prompts";
    const point = { kind: "point", voxel: [6, 2, 2] };
    const { raw, headers } = await call(id, "POST", url, point, { accept: "application/octet-stream" });
    const change = JSON.parse(String(headers["x-septum-result"]));
    const mask = await decodeFrame(raw);
    expect(mask.kind).toBe("mask");
    expect(JSON.stringify(mask.box)).toBe(box(change));
    expect(unpackBits(mask.data as Uint8Array, 125).every((voxel) => voxel === 1)).toBe(true);
    const labels = await call(id, "POST", `${url}?frame=labels`, { ...point, positive: false });
    const frame = await decodeFrame(labels.raw);
    expect(frame.kind).toBe("labels");
    expect([...new Set(frame.data)].sort()).toEqual([0, 1]);
  });

  test("that fail on disk leave the session as it was", async () => {
    const store = memoryStore();
    const { call, loaded } = await start({ store });
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [3, 3, 3] });
    const { commit } = store;
    store.commit = async () => {
      throw Object.assign(new Error("no space left on /var/secret"), { name: "StoreFull" });
    };
    const failed = await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [9, 8, 6] });
    expect([failed.status, failed.body]).toEqual([
      503,
      { detail: "The server's disk is full: nothing was changed. Try again later", code: "unavailable" },
    ]);
    expect((await call(id, "POST", "/api/mark_point", { voxel: [1, 1, 1] })).status).toBe(503);
    expect((await upload(harness, id, scan())).status).toBe(503);
    store.commit = commit;
    const { body } = await call(id, "GET", "/api/status");
    expect(body).toMatchObject({ total_points: 0, image_revision: 1, segments: [{ label: 1, voxels: 125 }] });
    const frame = await decodeFrame((await call(id, "GET", "/api/mask?label=1")).raw);
    expect(unpackBits(frame.data as Uint8Array, 960).reduce((a, b) => a + b)).toBe(125);
  });
});

describe("results", () => {
  async function segmented(): Promise<string> {
    const id = await harness.loaded();
    await harness.call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3], point_number: 2 });
    await harness.call(id, "POST", "/api/run_segmentation");
    return id;
  }

  test("GET /api/mask gives the label map or one object, whole or in a box", async () => {
    const { call } = await start();
    const id = await segmented();
    const whole = await call(id, "GET", "/api/mask");
    expect((await decodeFrame(whole.raw)).data).toHaveLength(960);
    const part = await decodeFrame((await call(id, "GET", "/api/mask?box=3,5,3,4,3,4")).raw);
    expect(part).toEqual({
      kind: "labels",
      box: [
        [3, 5],
        [3, 4],
        [3, 4],
      ],
      data: Uint8Array.of(2, 2),
    });
    const object = await decodeFrame((await call(id, "GET", "/api/mask?label=2&box=5,8,3,4,3,4")).raw);
    expect(object).toEqual({
      kind: "mask",
      box: [
        [5, 8],
        [3, 4],
        [3, 4],
      ],
      data: Uint8Array.of(1),
    });
    expect(
      (await call(id, "GET", "/api/mask", undefined, { "if-none-match": String(whole.headers.etag) })).status,
    ).toBe(304);
  });

  test("downloads are a NIfTI file with the scan's geometry and ITK-SNAP's label file", async () => {
    const { call } = await start();
    const id = await segmented();
    expect((await call(id, "GET", "/api/status")).body.segmentation_files).toEqual([
      "segmentation.nii.gz",
      "labels.txt",
    ]);
    const file = await call(id, "GET", "/api/download/segmentation");
    expect(file.headers["content-disposition"]).toBe('attachment; filename="segmentation.nii.gz"');
    const { volume } = await readNifti(chunk(file.raw));
    expect(volume.data).toBeInstanceOf(Uint8Array);
    expectSameAffine(volume.affine);
    expect(volume.data.reduce((a: number, b: number) => a + b, 0)).toBe(250);
    const labels = await call(id, "GET", "/api/download/labels");
    expect(labels.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(labels.raw.toString()).toContain('    2     0  255    0        1  1  1    "Label 2"');
  });

  test("GET /api/color_template names the first labels and those in use", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3], point_number: 300 });
    const { labels } = (await call(id, "GET", "/api/color_template")).body;
    expect(labels[0]).toEqual({ number: 1, color: "#ff0000", name: "Label 1" });
    expect(labels.at(-1)).toEqual({ number: 300, color: "#fffafa", name: "Label 300" });
  });
});

describe("around the API", () => {
  test("GET /healthz says that the server lives, and makes no session", async () => {
    const { call } = await start();
    const { status, body, headers } = await call(undefined, "GET", "/healthz");
    expect([status, body, headers["x-session-id"]]).toEqual([200, { status: "ok" }, undefined]);
  });

  test("GET /api/openapi.json describes every route of the table", async () => {
    const { call } = await start();
    const { body } = await call(undefined, "GET", "/api/openapi.json");
    const routes = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes.sort()).toMatchInlineSnapshot(`
      [
        "delete /api/points",
        "delete /api/remove_point/{n}",
        "delete /api/segments/{label}",
        "delete /api/session/{session_id}",
        "get /api/color_template",
        "get /api/download/labels",
        "get /api/download/segmentation",
        "get /api/events",
        "get /api/image",
        "get /api/mask",
        "get /api/points",
        "get /api/segments",
        "get /api/sessions",
        "get /api/slice/{axis}/{slice_index}",
        "get /api/status",
        "get /healthz",
        "post /api/mark_point",
        "post /api/run_segmentation",
        "post /api/sample",
        "post /api/segments/{label}/prompts",
        "post /api/segments/{label}/reset",
        "post /api/segments/{label}/undo",
        "post /api/session",
        "post /api/upload",
      ]
    `);
    expect(
      body.paths["/api/mark_point"].post.responses["200"].content["application/json"].schema.properties,
    ).toHaveProperty("point_number");
  });

  test("GET /docs works without anything from elsewhere", async () => {
    const { call } = await start();
    const { status, raw } = await call(undefined, "GET", "/docs/");
    expect(status).toBe(200);
    expect(raw.toString()).not.toMatch(/(src|href)="https?:/);
  });

  test("GET / says how to build the app when it is not built", async () => {
    const { call } = await start();
    expect((await call(undefined, "GET", "/")).raw.toString()).toContain("npm run build");
  });

  test("answers carry a strict content policy and let no other site in", async () => {
    const { call } = await start();
    const { headers } = await call(undefined, "GET", "/", undefined, { origin: "https://elsewhere.example" });
    expect(headers["content-security-policy"]).toContain(
      "script-src 'self' 'wasm-unsafe-eval';worker-src 'self' blob:",
    );
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });
});
