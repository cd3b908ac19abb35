import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskStore } from "@septum/store";
import { afterEach, describe, expect, test, vi } from "vitest";
import { start } from "../../test/start.ts";
import { filesBelow } from "../testing/files-below.ts";
import { scan, upload } from "../testing/harness.ts";
import { createLatch } from "../testing/latch.ts";

/** What the harness's scan of 12 × 10 × 8 int16 voxels is counted for. */
const cost = 12 * 10 * 8 * 3.5;

afterEach(() => void vi.useRealTimers());

/** Passes that wait until they are let go. */
function heldPasses() {
  const [reached, released] = [createLatch(), createLatch()];
  const onPass = () => {
    reached.open();
    return released.opened;
  };
  return { onPass, reached: reached.opened, release: released.open };
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
    await expect.poll(() => engine.open.size).toBe(0);
    expect((await call(id, "GET", "/api/mask")).raw.equals(mask)).toBe(true);
    expect(engine.open.size).toBe(1);
  });

  test("nobody at work is put to rest, and with never nobody at all", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { onPass, reached, release } = heldPasses();
    const { app, call, loaded, wait, engine } = await start({ onPass, settings: { restMinutes: 15 } });
    const id = await loaded();
    const held = call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [3, 3, 3] });
    await reached;
    wait(3_600_000);
    vi.advanceTimersByTime(60_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(engine.open.size).toBe(1);
    release();
    expect((await held).status).toBe(200);
    await app.close();
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
    const { app, call, loaded, wait } = await start({ store, settings: { sessionHours: 2 } });
    try {
      const id = await loaded();
      await store.stage(id);
      expect(filesBelow(folder).filter((name) => name.includes(id) || name.startsWith("uploads/"))).not.toEqual([]);
      wait(2 * 3_600_000);
      vi.advanceTimersByTime(60_000);
      await expect.poll(() => store.get(id)).toBeUndefined();
      await expect.poll(() => filesBelow(folder).filter((name) => /^(sessions|uploads)\//.test(name))).toEqual([]);
      expect((await call(id, "GET", "/api/status")).status).toBe(404);
    } finally {
      await app.close();
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
