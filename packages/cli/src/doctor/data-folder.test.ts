import { chmod, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newWorkplace } from "../testing.ts";
import { checkDisk, checkSessions, checkWritable } from "./data-folder.ts";

let place: Awaited<ReturnType<typeof newWorkplace>>;

beforeEach(async () => {
  place = await newWorkplace();
});

afterEach(async () => {
  await chmod(place.folder, 0o700);
  await place.remove();
});

/** Nothing keeps the administrator of a machine from writing into a folder. */
const superuser = process.getuid?.() === 0;

describe("checkWritable()", () => {
  test("tries to write, in the folder or where it would be made, and leaves nothing behind", async () => {
    expect(await checkWritable(place.folder)).toMatchObject({ state: "ok", says: `${place.folder}, can be written` });
    const deep = place.file("a/b");
    expect(await checkWritable(deep)).toMatchObject({
      state: "ok",
      says: `${deep} will be made in ${place.folder}, can be written`,
    });
    expect(await readdir(place.folder)).toEqual([]);
  });

  test("says when a part of the path is a file", async () => {
    await writeFile(place.file("file"), "");
    expect(await checkWritable(place.file("file/data"))).toEqual({
      check: "data",
      state: "fail",
      says: `${place.file("file/data")}: a part of the path is not a folder`,
      fix: "choose another folder with --data (SEPTUM_DATA)",
    });
  });

  test.skipIf(superuser || process.platform === "win32")("says when this user may not write there", async () => {
    await chmod(place.folder, 0o500);
    expect(await checkWritable(place.folder)).toEqual({
      check: "data",
      state: "fail",
      says: `${place.folder} cannot be written: not allowed`,
      fix: `give this user the right to write there (chown or chmod ${place.folder}), or choose another folder with --data (SEPTUM_DATA)`,
    });
  });

  test.skipIf(process.platform !== "linux")("says when nobody may write there", async () => {
    expect(await checkWritable("/proc")).toMatchObject({
      state: "fail",
      says: expect.stringMatching(/^\/proc cannot be written: /),
      fix: expect.stringContaining("--data (SEPTUM_DATA)"),
    });
  });
});

describe("checkDisk()", () => {
  const withFree = (bytes: number | undefined) => checkDisk(place.folder, 500, async () => bytes);

  test("counts the uploads for which there is room", async () => {
    expect(await withFree(100e9)).toEqual({
      check: "disk",
      state: "ok",
      says: "100.0 GB free: room for 190 uploads of the largest size allowed (500 MB)",
    });
    expect(await withFree(2e9)).toMatchObject({ state: "warn", says: expect.stringContaining("room for 3 uploads") });
    expect(await withFree(300e6)).toMatchObject({
      state: "fail",
      says: "300 MB free: room for 0 uploads of the largest size allowed (500 MB)",
      fix: "free some room, choose another folder with --data (SEPTUM_DATA), or allow smaller uploads with --max-upload-mb",
    });
    expect(await withFree(undefined)).toMatchObject({ state: "warn" });
  });

  test("fails below what the server needs to be ready, however small uploads are", async () => {
    expect(await checkDisk(place.folder, 1, async () => 60e6)).toMatchObject({ state: "fail" });
  });

  test("asks the system", async () => {
    const { says } = await checkDisk(place.file("not/yet"), 1);
    expect(says).toMatch(/^[\d.]+ [GM]B free: room for \d+ uploads/);
  });
});

describe("checkSessions()", () => {
  const withError = (tag: string) =>
    checkSessions(tmpdir(), async () => {
      throw Object.assign(new Error(`Cannot open the session folder: ${tag}`), { tag });
    });

  test("is content when they can be opened", async () => {
    expect(await checkSessions(tmpdir(), async () => {})).toEqual({
      check: "sessions",
      state: "ok",
      says: "can be opened",
    });
  });

  test("tells a running server from another version and from damage", async () => {
    expect(await withError("StoreLocked")).toMatchObject({ state: "warn", fix: expect.stringContaining("stop it") });
    expect(await withError("StoreFormat")).toMatchObject({
      state: "fail",
      says: "Cannot open the session folder: StoreFormat",
      fix: "start the version of Septum that wrote it, or choose another folder with --data (SEPTUM_DATA)",
    });
    expect(await withError("StoreFailed")).toMatchObject({ state: "fail", fix: expect.stringContaining("restore") });
  });
});
