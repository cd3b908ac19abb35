import { rmSync } from "node:fs";
import { request } from "node:http";
import type { Worker } from "node:worker_threads";
import { createEngine, type Engine } from "@septum/server";
import type { Vec3 } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Called, type Harness, scan, startHarness, upload } from "../packages/server/src/testing/harness.ts";
import { snapshotOf } from "./crash/snapshot.ts";
import { smallModel } from "./small-model.ts";

const size: Vec3 = [48, 40, 36];

/** A pass that has ended, with its times in milliseconds. */
interface Pass {
  readonly owner: string;
  readonly stage: string;
  /** When it was put in the queue. */
  readonly asked: number;
  readonly started: number;
}

let model: string;
let engine: Engine;
let server: Harness;
let url: string;
const passes: Pass[] = [];
const workers: Worker[] = [];

beforeAll(async () => {
  model = smallModel();
  const noteWorker = (worker: Worker) => void workers.push(worker);
  process.on("worker", noteWorker);
  engine = await createEngine({
    model: { folder: model, cacheDir: model, device: "cpu", threads: 1 },
    segmentThreads: 2,
    onPass({ owner, stage, secondsWaited, secondsRun }) {
      const started = performance.now() - 1000 * secondsRun;
      passes.push({ owner, stage, started, asked: started - 1000 * secondsWaited });
    },
  });
  // The last ones are told of after the engine is there.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("worker", noteWorker);
  server = await startHarness({ app: { engine } });
  url = await server.app.listen({ host: "127.0.0.1", port: 0 });
});

afterAll(async () => {
  await server?.app.close();
  await engine?.close();
  rmSync(model, { recursive: true, force: true });
});

async function person(): Promise<string> {
  const data = Int16Array.from({ length: size[0] * size[1] * size[2] }, (_, n) => (n * 7919) % 101);
  const { body } = await upload(server, undefined, scan(data, size));
  return body.session_id;
}

const click = (id: string, options: { label?: number; autozoom?: boolean; voxel?: Vec3 } = {}): Promise<Called> => {
  const { label = 1, voxel = [24, 20, 18], autozoom = true } = options;
  return server.call(id, "POST", `/api/segments/${label}/prompts`, { kind: "point", voxel, autozoom });
};

const passesOf = (id: string) => passes.filter(({ owner }) => owner === id);
const isRefining = (id: string) => passesOf(id).filter(({ stage }) => stage === "refine").length > 10;

/** Starts three prompts of some five hundred passes each; resolves when all three are being refined. */
async function threeAtWork(): Promise<{ readonly ids: readonly string[]; readonly work: Promise<Called[]> }> {
  const ids = [await person(), await person(), await person()];
  const work = Promise.all(ids.map((id) => click(id)));
  await expect.poll(() => ids.every(isRefining), { timeout: 60_000, interval: 5 }).toBe(true);
  return { ids, work };
}

/** How many passes of others began while each of this owner's was waiting. */
function overtaken(owner: string): number[] {
  return passesOf(owner).map(
    ({ asked, started }) =>
      passes.filter((other) => other.owner !== owner && other.started > asked && other.started < started).length,
  );
}

describe("three people running large refinements", () => {
  it("let every single click of a fourth go next, after the pass in progress", async () => {
    const fourth = await person();
    await click(fourth, { autozoom: false });
    const { ids, work } = await threeAtWork();
    passes.length = 0;
    const clicks = 15;
    for (let n = 0; n < clicks; n++) {
      const { status, body } = await click(fourth, { autozoom: false, voxel: [10 + n, 12, 9] });
      expect([status, body.passes]).toEqual([200, 1]);
    }
    expect(overtaken(fourth)).toEqual(Array(clicks).fill(0));
    // Nobody was left out meanwhile.
    expect(ids.every((id) => passesOf(id).length > 0)).toBe(true);
    for (const { status, body } of await work) expect([status, body.passes > 300]).toEqual([200, true]);
  });

  it("let a change of a fourth that takes three passes go through at once, after the pass in progress", async () => {
    const fourth = await person();
    for (const voxel of [
      [24, 20, 18],
      [10, 12, 9],
      [30, 25, 20],
    ] as const) {
      await click(fourth, { autozoom: false, voxel });
    }
    const { work } = await threeAtWork();
    const overtaking: number[] = [];
    for (let n = 0; n < 9; n++) {
      passes.length = 0;
      const positive = n % 2 === 1;
      const { status, body } = await server.call(fourth, "PATCH", "/api/segments/1/prompts/0", { positive });
      expect([status, body.passes]).toEqual([200, 3]);
      const own = passesOf(fourth);
      const [asked, started] = [own[0]?.asked ?? 0, own.at(-1)?.started ?? 0];
      overtaking.push(
        passes.filter((other) => other.owner !== fourth && other.started > asked && other.started < started).length,
      );
      // Back to where a person who clicks now and then is.
      await expect.poll(() => passes.length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(20);
    }
    // When the machine is busy, the device may give up waiting for the next pass.
    expect(overtaking.toSorted((a, b) => a - b)[4]).toBe(0);
    for (const { status } of await work) expect(status).toBe(200);
  });

  it("are rid at once of one whose connection is gone, and the rest end as ever", async () => {
    const leaving = await person();
    const { ids, work } = await threeAtWork();
    const asked = request(`${url}/api/segments/1/prompts`, {
      method: "POST",
      headers: { "x-session-id": leaving, "content-type": "application/json" },
    });
    asked.on("error", () => {});
    asked.end(JSON.stringify({ kind: "point", voxel: [24, 20, 18] }));
    await expect.poll(() => passesOf(leaving).length, { timeout: 60_000, interval: 2 }).toBeGreaterThan(20);
    asked.destroy();
    // A call of the same session waits for the one before it: once it is answered, what had begun has ended.
    const next = await server.call(leaving, "POST", "/api/segments/1/prompts", {
      kind: "point",
      voxel: [24, 20, 18],
      predict: false,
    });
    expect([next.status, next.body.prompts]).toEqual([200, 1]);
    const seen = passesOf(leaving).length;
    for (const { status } of await work) expect(status).toBe(200);
    // The one that was running then is told of when it has ended.
    expect(passesOf(leaving).length).toBeLessThanOrEqual(seen + 1);
    expect(passesOf(leaving).length).toBeLessThan(passesOf(ids[0] as string).length);
    expect(engine.queue).toEqual({ waiting: 0, running: 0 });
  });
});

describe("one person's failure", () => {
  it("is theirs alone: a thread that dies answers its own people once, and they go on where they were", async () => {
    const ids = await Promise.all([person(), person(), person(), person()]);
    for (const id of ids) expect((await click(id, { autozoom: false })).status).toBe(200);
    const before = await Promise.all(ids.map((id) => snapshotOf(url, id)));
    const work = ids.map((id) => click(id, { label: 2 }));
    await expect.poll(() => ids.every(isRefining), { timeout: 60_000, interval: 5 }).toBe(true);
    // The first thread runs the network; then come the two that hold the images.
    await (workers[1] as Worker).terminate();
    const answers = await Promise.all(work);
    const lost = ids.filter((_, n) => answers[n]?.status !== 200);
    expect(lost).toHaveLength(2);
    for (const [n, id] of ids.entries()) {
      if (!lost.includes(id)) continue;
      expect(answers[n]).toMatchObject({ status: 503, body: { code: "unavailable" } });
      expect(await snapshotOf(url, id)).toEqual(before[n]);
    }
    for (const id of lost) expect((await click(id, { label: 2 })).status).toBe(200);
    const masks = await Promise.all(ids.map(async (id) => (await snapshotOf(url, id))?.masks));
    for (const mask of masks) expect(mask).toEqual(masks[0]);
  });
});
