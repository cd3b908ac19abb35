import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { diskStore, memoryStore } from "@septum/store";
import { writeNifti } from "@septum/volume";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  affine,
  type Harness,
  type HarnessOptions,
  multipart,
  scan,
  startHarness,
  upload,
} from "../testing/harness.ts";

/** What the harness's scan of 12 × 10 × 8 int16 voxels is counted for. */
const cost = 12 * 10 * 8 * 3.5;

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(async () => {
  vi.useRealTimers();
  await harness?.app.close();
});

/** Passes that wait until they are let go. */
function heldPasses() {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let entered = () => {};
  const reached = new Promise<void>((resolve) => {
    entered = resolve;
  });
  return {
    reached,
    release,
    onPass: () => {
      entered();
      return released;
    },
  };
}

describe("memory", () => {
  test("for a new scan the least recently used is put to rest first, and comes back on touch", async () => {
    const { call, loaded, wait, engine } = await start({ app: { memoryBudget: 2 * cost } });
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      ids.push(await loaded());
      wait(1000);
    }
    expect(engine.open.size).toBe(2);
    expect((await call(ids[0], "GET", "/api/slice/2/0")).body.slice_data).toHaveLength(12);
    expect(engine.open.size).toBe(2);
  });

  test("a scan that never fits is refused with what it needs and what there is; nothing changes", async () => {
    const started = await start({ app: { memoryBudget: cost - 1 } });
    const { status, body, headers } = await upload(started, undefined, scan());
    expect([status, body]).toEqual([
      503,
      {
        code: "unavailable",
        detail:
          "This scan needs 0 MB of memory, and this server has 0 MB for all scans, 0 MB of it free: crop the scan, or ask for more memory (SEPTUM_MEMORY)",
      },
    ]);
    expect(headers["retry-after"]).toBeUndefined();
    expect(started.engine.open.size).toBe(0);
  });

  test("the amounts are in megabytes", async () => {
    const started = await start({ app: { memoryBudget: 3 * 2 ** 20 } });
    const large = scan(
      Int16Array.from({ length: 128 * 128 * 64 }, (_, n) => n % 5),
      [128, 128, 64],
    );
    const { body } = await upload(started, undefined, large);
    expect(body.detail).toContain("needs 3.5 MB of memory, and this server has 3 MB for all scans, 3 MB of it free");
  });

  test("those at work are not put to rest: who comes is told when to try again, and nobody rests for nothing", async () => {
    const { onPass, reached, release } = heldPasses();
    const started = await start({ onPass, app: { memoryBudget: 2 * cost } });
    const { call, loaded, engine } = started;
    const [first, second] = [await loaded(), await loaded()];
    const held = call(first, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [3, 3, 3] });
    await reached;
    const large = scan(
      Int16Array.from({ length: 1440 }, (_, n) => n),
      [12, 10, 12],
    );
    const refused = await upload(started, undefined, large);
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "10"]);
    expect(refused.body.detail).toMatch(
      /^This scan needs .* MB of memory, and .* of .* are free while others work: try/,
    );
    expect(engine.open.size).toBe(2);
    release();
    expect((await held).status).toBe(200);
    expect((await upload(started, undefined, large)).status).toBe(200);
    expect((await call(second, "GET", "/api/points")).status).toBe(200);
  });

  test("of two uploads at once only one gets the last room", async () => {
    const started = await start({ app: { memoryBudget: 1.5 * cost } });
    const { engine } = started;
    const open = engine.openImage.bind(engine);
    let most = 0;
    let decoding = 0;
    vi.spyOn(engine, "openImage").mockImplementation(async (path, options) => {
      most = Math.max(most, ++decoding);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return open(path, options).finally(() => decoding--);
    });
    const answers = await Promise.all([upload(started, undefined, scan()), upload(started, undefined, scan())]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 503]);
    expect(most).toBe(1);
    // What was set aside was given back.
    expect((await upload(started, undefined, scan())).status).toBe(200);
  });

  test("a resting session is held to it too, and told the same", async () => {
    const { onPass, reached, release } = heldPasses();
    const { call, loaded, wait } = await start({ onPass, app: { memoryBudget: cost } });
    const resting = await loaded();
    wait(1000);
    const working = await loaded();
    const held = call(working, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [3, 3, 3] });
    await reached;
    const refused = await call(resting, "GET", "/api/slice/2/0");
    expect([refused.status, refused.body.code, refused.headers["retry-after"]]).toEqual([503, "unavailable", "10"]);
    release();
    await held;
    expect((await call(resting, "GET", "/api/slice/2/0")).status).toBe(200);
  });

  test("a refused or broken upload gives back what was set aside for it", async () => {
    const started = await start({ app: { memoryBudget: cost } });
    for (let n = 0; n < 3; n++) {
      expect((await upload(started, undefined, scan().subarray(0, 400))).body.code).toBe("unreadable_image");
    }
    expect((await upload(started, undefined, scan())).status).toBe(200);
  });
});

describe("resting", () => {
  test("a session left alone rests after its minutes, and comes back whole", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { call, loaded, wait, engine } = await start({ settings: { restMinutes: 15 } });
    const id = await loaded();
    await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [3, 3, 3] });
    const mask = (await call(id, "GET", "/api/mask")).raw;
    wait(14 * 60_000);
    vi.advanceTimersByTime(60_000);
    expect(engine.open.size).toBe(1);
    wait(60_000);
    vi.advanceTimersByTime(60_000);
    await vi.waitFor(() => expect(engine.open.size).toBe(0));
    expect((await call(id, "GET", "/api/mask")).raw.equals(mask)).toBe(true);
    expect(engine.open.size).toBe(1);
  });

  test("nobody at work is put to rest, and with never nobody at all", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { onPass, reached, release } = heldPasses();
    const { call, loaded, wait, engine } = await start({ onPass, settings: { restMinutes: 15 } });
    const id = await loaded();
    const held = call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [3, 3, 3] });
    await reached;
    wait(3_600_000);
    vi.advanceTimersByTime(60_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(engine.open.size).toBe(1);
    release();
    expect((await held).status).toBe(200);
    await harness.app.close();
    const other = await start({ settings: { restMinutes: Number.POSITIVE_INFINITY } });
    await other.loaded();
    other.wait(20 * 3_600_000);
    vi.advanceTimersByTime(60_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(other.engine.open.size).toBe(1);
  });
});

describe("expiry", () => {
  test("takes record, image and temporary files off the disk", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const folder = await mkdtemp(join(tmpdir(), "septum-bounds-"));
    const store = await diskStore(folder);
    try {
      const { call, loaded, wait } = await start({ store, settings: { sessionHours: 2 } });
      const id = await loaded();
      await store.stage(id);
      expect(files(folder).filter((name) => name.includes(id) || name.startsWith("uploads/"))).not.toEqual([]);
      wait(2 * 3_600_000);
      vi.advanceTimersByTime(60_000);
      await vi.waitFor(() => expect(store.get(id)).toBeUndefined());
      await vi.waitFor(() => expect(files(folder).filter((name) => /^(sessions|uploads)\//.test(name))).toEqual([]));
      expect((await call(id, "GET", "/api/status")).status).toBe(404);
    } finally {
      await harness.app.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("with never there is none, and the status says so", async () => {
    const { call, loaded, wait } = await start({ settings: { sessionHours: Number.POSITIVE_INFINITY } });
    const id = await loaded();
    wait(20 * 365 * 24 * 3_600_000);
    const { status, body } = await call(id, "GET", "/api/status");
    expect([status, body.expires_at]).toEqual([200, null]);
  });
});

describe("sessions", () => {
  test("made by calls that only read are not on disk until somebody comes back", async () => {
    const { call, store } = await start();
    const { body } = await call(undefined, "GET", "/api/status");
    expect(store.get(body.session_id)).toBeUndefined();
    expect((await call(body.session_id, "GET", "/api/status")).status).toBe(200);
    expect(store.get(body.session_id)).toBeDefined();
  });

  test("made by an upload are on disk with it", async () => {
    const { loaded, store } = await start();
    expect(store.get(await loaded())?.image).toBeDefined();
  });

  test("nobody came back to end after an hour, and before when there are more than a thousand", async () => {
    const { call, store, wait } = await start();
    const first = (await call(undefined, "GET", "/api/points")).body.session_id;
    wait(1000);
    const second = (await call(undefined, "GET", "/api/points")).body.session_id;
    for (let n = 0; n < 999; n++) await call(undefined, "GET", "/api/points");
    expect((await call(first, "GET", "/api/points")).status).toBe(404);
    wait(3_600_000);
    expect((await call(second, "GET", "/api/points")).status).toBe(404);
    const kept = [];
    for await (const record of store.sessions()) kept.push(record);
    expect(kept).toEqual([]);
  });

  test("are as many as may be; then the abandoned empty ones make place, and after them nobody", async () => {
    const store = memoryStore();
    const started = await start({ store, settings: { maxSessions: 3 } });
    const { call, loaded, wait } = started;
    const used = await loaded();
    const empty = (await call(undefined, "POST", "/api/session")).body.session_id;
    wait(1000);
    const later = (await call(undefined, "POST", "/api/session")).body.session_id;
    const refused = await call(undefined, "POST", "/api/session");
    expect([refused.status, refused.headers["retry-after"], refused.body]).toEqual([
      503,
      "600",
      {
        code: "unavailable",
        detail:
          "This server has 3 sessions, as many as it may: delete one that is no longer needed, or try again later",
      },
    ]);
    // Reading is for everybody, and costs no place.
    expect((await call(undefined, "GET", "/api/status")).status).toBe(200);
    expect((await upload(started, undefined, scan())).status).toBe(503);
    wait(600_000);
    await call(later, "GET", "/api/points");
    expect((await call(undefined, "POST", "/api/session")).status).toBe(200);
    expect((await call(empty, "GET", "/api/points")).status).toBe(404);
    expect((await call(used, "GET", "/api/points")).status).toBe(200);
    expect((await call(undefined, "POST", "/api/session")).status).toBe(503);
  });
});

test("uploads at once are as many as may be; one that is refused or done gives its place back", async () => {
  const started = await start({ settings: { maxUploads: 1 } });
  const stage = started.store.stage.bind(started.store);
  let go = () => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const staging = vi.spyOn(started.store, "stage").mockImplementation(async (id) => {
    await gone;
    return stage(id);
  });
  const first = upload(started, undefined, scan());
  await vi.waitFor(() => expect(staging).toHaveBeenCalled());
  const second = await upload(started, undefined, scan());
  expect([second.status, second.headers["retry-after"], second.body.detail]).toEqual([
    503,
    "5",
    "As many uploads as this server takes at once (1) are in progress: try again in a moment",
  ]);
  go();
  expect((await first).status).toBe(200);
  expect((await upload(started, undefined, Buffer.from("no scan"))).status).toBe(400);
  expect((await upload(started, undefined, scan())).status).toBe(200);
});

test("points of a session and prompts of an object are as many as may be", async () => {
  const { call, loaded } = await start({ settings: { maxPoints: 2, maxPrompts: 2 } });
  const id = await loaded();
  const mark = (voxel: number[], point_number?: number) =>
    call(id, "POST", "/api/mark_point", { voxel, ...(point_number && { point_number }) });
  expect([(await mark([1, 1, 1])).status, (await mark([2, 2, 2])).status]).toEqual([200, 200]);
  expect((await mark([3, 3, 3])).body).toEqual({
    code: "limit_reached",
    detail: "This session has 2 points, as many as it may: remove one first",
  });
  expect((await mark([3, 3, 3], 2)).status).toBe(200);
  const prompt = () => call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [5, 5, 5] });
  expect([(await prompt()).status, (await prompt()).status]).toEqual([200, 200]);
  const third = await prompt();
  expect([third.status, third.body]).toEqual([
    409,
    { code: "limit_reached", detail: "Object 1 has 2 prompts, as many as it may: undo or reset first" },
  ]);
  await call(id, "POST", "/api/segments/1/undo");
  expect((await prompt()).status).toBe(200);
});

test("names are as long as they may be, and stay when they were longer", async () => {
  const store = memoryStore();
  const first = await start({ store, settings: { maxNameLength: 9 } });
  const id = await first.loaded();
  await first.call(id, "POST", "/api/mark_point", { voxel: [1, 1, 1] });
  const rename = ({ call }: Harness, name: string) => call(id, "PATCH", "/api/segments/1", { name });
  expect((await first.call(id, "GET", "/api/status")).body.max_name_length).toBe(9);
  expect((await rename(first, "Leber 🫀🫁")).status).toBe(200);
  expect((await rename(first, "left lungs")).body).toEqual({
    code: "limit_reached",
    detail: "Cannot name 1 so: the name has 10 characters, and this server takes 9 at most",
  });
  await first.app.close();
  const second = await start({ store, settings: { maxNameLength: 4 } });
  expect((await second.call(id, "POST", "/api/mark_point", { voxel: [2, 2, 2] })).status).toBe(200);
  expect((await second.call(id, "GET", "/api/color_template")).body.labels[0].name).toBe("Leber 🫀🫁");
  expect((await rename(second, "colon")).body.code).toBe("limit_reached");
});

test("the history keeps as many bytes of removed objects as it may, and the newest step always", async () => {
  const store = memoryStore();
  // The engine of the tests saves an object in some hundred bytes; a step takes as much.
  const { call, loaded } = await start({ store, settings: { maxHistoryMb: 0.001 } });
  const id = await loaded();
  for (const label of [1, 2, 3, 4]) {
    await call(id, "POST", `/api/segments/${label}/prompts`, { kind: "point", voxel: [5, 5, label] });
    await call(id, "DELETE", `/api/segments/${label}`);
  }
  const { body } = await call(id, "GET", "/api/history");
  expect(body.position).toBeGreaterThan(0);
  expect(body.position).toBeLessThan(8);
  expect(body.steps.at(-1).name).toBe("removed Label 4");
  const bytes = [...store.blobs(id, "")].reduce((sum, [, blob]) => sum + blob.length, 0);
  expect(bytes).toBeLessThan(2 * 1024);
  expect((await call(id, "POST", "/api/undo")).body.segments).toMatchObject([{ label: 4, removed: false }]);
});

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
  try {
    const { call } = await start({ store });
    const { body, type } = multipart(scan(), "file", name);
    const answer = await call(undefined, "POST", "/api/upload", body, { "content-type": type });
    // Some are refused by the reader of forms; those that are taken leave no trace of their name.
    expect([200, 400]).toContain(answer.status);
    const allowed = /^store\/(alive|(records|sessions|uploads)(\/[\w.-]+)*)$/;
    for (const file of files(folder)) {
      expect(file).toMatch(allowed);
      expect(file).not.toMatch(/evil|passwd|cron|hosts|con\.nii|xxx|rm -rf/);
    }
    expect(JSON.stringify(answer.body)).not.toMatch(/evil|passwd|cron|xxxx/);
    expect(existsSync(join(folder, "evil"))).toBe(false);
  } finally {
    await harness.app.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});

/** Files below a folder, by path from there. */
function files(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).filter((name) => statSync(join(folder, name)).isFile());
}
