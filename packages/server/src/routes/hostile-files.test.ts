import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { diskStore } from "@septum/store";
import { writeNifti } from "@septum/volume";
import { describe, expect, test, vi } from "vitest";
import { start } from "../../test/start.ts";
import { filesBelow } from "../testing/files-below.ts";
import { affine, multipart, scan, upload } from "../testing/harness.ts";

describe("files that grow", () => {
  /** A file of 128 × 512 × 600 zeros, 75 MiB, that packs to a thousandth. */
  const bomb = () => {
    const { header } = writeNifti({
      data: new Int16Array(1),
      size: [1, 1, 1],
      affine,
      scaling: { slope: 1, intercept: 0 },
    });
    const grown = Buffer.from(header);
    for (const [axis, length] of [128, 512, 600].entries()) grown.writeInt16LE(length, 42 + 2 * axis);
    return gzipSync(Buffer.concat([grown, Buffer.alloc(128 * 512 * 600 * 2)]), { level: 9 });
  };

  test("beyond the ratio are refused by their header alone", async () => {
    const started = await start({ settings: { maxUnpackRatio: 100 }, app: { memoryBudget: 2 ** 33 } });
    const opening = vi.spyOn(started.engine, "openImage");
    const { status, body } = await upload(started, undefined, bomb());
    expect([status, body.code]).toEqual([400, "unreadable_image"]);
    expect(body.detail).toMatch(/^The file would grow \d{3,4} times by unpacking; this server takes up to 100 times$/);
    expect(opening).not.toHaveBeenCalled();
  });

  test("beyond it but small are taken", async () => {
    const started = await start({ settings: { maxUnpackRatio: 2 } });
    const flat = scan(
      Int16Array.from({ length: 64 * 64 * 64 }, (_, n) => n % 2),
      [64, 64, 64],
    );
    expect((64 ** 3 * 2) / flat.length).toBeGreaterThan(20);
    expect((await upload(started, undefined, flat)).status).toBe(200);
  });
});

test.each([
  "../../../etc/passwd",
  "..\\..\\windows\\system32\\drivers\\etc\\hosts",
  "/etc/cron.d/evil",
  "C:\\evil.nii.gz",
  "con.nii.gz",
  "a\u0000b.nii",
  "%2e%2e%2fevil",
  "x".repeat(5000),
  "; rm -rf ~ .nii",
  "",
])("a client's file name (%j) becomes no path", async (name) => {
  const folder = await mkdtemp(join(tmpdir(), "septum-names-"));
  const store = await diskStore(join(folder, "store"));
  const { app, call } = await start({ store });
  try {
    const { body, type } = multipart(scan(), "file", name);
    const answer = await call(undefined, "POST", "/api/upload", body, { "content-type": type });
    // Some are refused by the reader of forms; those that are taken leave no trace of their name.
    expect([200, 400]).toContain(answer.status);
    const allowed = /^store\/(alive|(records|sessions|uploads)(\/[\w.-]+)*)$/;
    for (const file of filesBelow(folder)) {
      expect(file).toMatch(allowed);
      expect(file).not.toMatch(/evil|passwd|cron|hosts|con\.nii|xxx|rm -rf/);
    }
    expect(JSON.stringify(answer.body)).not.toMatch(/evil|passwd|cron|xxxx/);
    expect(existsSync(join(folder, "evil"))).toBe(false);
  } finally {
    await app.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
