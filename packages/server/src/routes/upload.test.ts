import { uploadAnswer } from "@septum/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { type Harness, type HarnessOptions, multipart, scan, startHarness, upload } from "../testing/harness.ts";

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(() => harness?.app.close());

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
