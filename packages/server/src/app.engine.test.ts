import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient, type Frame } from "@septum/protocol";
import { readNifti, type Vec3 } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLog } from "./http/logging.ts";
import { type RunningServer, startServer } from "./main/serve.ts";
import { sampleScan } from "./repo-files.ts";
import { readSettings, type Settings } from "./settings/settings.ts";
import { scan } from "./testing/harness.ts";

let folder: string;
let server: RunningServer;
const printed: string[] = [];

const settings = (): Settings => ({
  ...readSettings({}),
  port: 0,
  data: folder,
  sessionHours: 1,
  device: "cpu",
  threads: 2,
});

const start = () => startServer(settings(), { log: createLog("silent"), print: (line) => printed.push(line) });
const client = (sessionId?: string) => createClient({ baseUrl: server.url, sessionId });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "septum-server-"));
  server = await start();
});

afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Inside the liver, the spleen side, bone: places with contrast in the sample scan. */
const places = [
  [85, 50, 75],
  [40, 60, 60],
  [61, 30, 40],
] as const;

const ballSize: Vec3 = [40, 36, 28];
const balls: readonly Vec3[] = [
  [10, 10, 8],
  [28, 12, 14],
  [18, 26, 18],
];

/** Bright balls of radius 6 in noise. */
function ballScan(): Buffer {
  const data = Int16Array.from({ length: 40 * 36 * 28 }, (_, n) => {
    const voxel = [n % 40, Math.floor(n / 40) % 36, Math.floor(n / 40 / 36)];
    const inBall = balls.some((centre) => Math.hypot(...centre.map((at, axis) => at - voxel[axis])) <= 6);
    return (inBall ? 1000 : 0) + ((n * 7919) % 101);
  });
  return scan(data, ballSize);
}

/** One person's whole visit: a scan, a point in the middle of a ball, its mask. */
async function segmentBall(centre: Vec3): Promise<Frame> {
  const person = client();
  await person.upload(new Blob([new Uint8Array(ballScan())]));
  const mask = await segment(person, centre);
  await person.deleteSession(person.sessionId ?? "");
  return mask;
}

async function withSample(): Promise<Client> {
  const person = client();
  await person.openSample();
  return person;
}

async function segment(person: Client, place: Vec3): Promise<Frame> {
  await person.markPoint({ voxel: place });
  await person.run();
  return person.mask();
}

describe("the whole server", () => {
  test("says what to open, the model with its licence, and the device", () => {
    const text = printed.join("\n");
    expect(text).toContain(`Septum is ready: ${server.url}`);
    expect(text).toMatch(/model {5}light-v2 \(\S+\)/);
    expect(text).toContain("device    cpu, as asked for");
  });

  test("segments the sample scan, and hands out a mask that lies where the scan lies", async () => {
    const person = await withSample();
    const events: string[] = [];
    const stop = new AbortController();
    const listening = (async () => {
      for await (const { type } of person.events({ signal: stop.signal })) events.push(type);
    })();
    await person.markPoint({ voxel: places[0] });
    await person.markPoint({ voxel: places[2] });
    const run = await person.run();
    expect(run.unique_labels.length).toBeGreaterThan(0);
    for (const { voxels, passes } of run.segments) expect([voxels > 0, passes > 0]).toEqual([true, true]);
    stop.abort();
    await listening;
    expect(events).toContain("progress");

    const source = await readNifti(bytes(await readFile(sampleScan)));
    const { volume } = await readNifti(bytes(new Uint8Array(await person.downloadSegmentation())));
    expect([volume.size, volume.affine]).toEqual([source.volume.size, source.volume.affine]);
    const mask = await person.mask();
    expect(Buffer.from(volume.data.buffer, volume.data.byteOffset).equals(Buffer.from(mask.data.buffer))).toBe(true);
    expect((await person.run()).status).toBe("unchanged");
  }, 180_000);

  test("gives back image, points, masks and history after a restart", async () => {
    const person = client();
    await person.upload(new Blob([new Uint8Array(ballScan())]));
    const before = await segment(person, balls[0]);
    await person.prompt(1, { kind: "point", voxel: balls[1], positive: false });
    const id = person.sessionId;
    await server.close();
    server = await start();
    const again = client(id);
    expect((await again.status()).segments[0].prompts).toHaveLength(2);
    await again.undo(1);
    expect(await again.mask()).toEqual(before);
    expect((await again.run()).status).toBe("unchanged");
    await again.deleteSession(id ?? "");
  }, 180_000);

  test("gives ten people at once the masks they would get alone", async () => {
    const expected: Frame[] = [];
    for (const centre of balls) expected.push(await segmentBall(centre));
    const together = await Promise.all(Array.from({ length: 10 }, (_, n) => segmentBall(balls[n % balls.length])));
    for (const [n, mask] of together.entries()) expect(mask).toEqual(expected[n % balls.length]);
    expect(new Set(expected.map(({ data }) => Buffer.from(data.buffer).toString("base64"))).size).toBe(balls.length);
  }, 240_000);

  test("stops a run within a pass when its session is deleted", async () => {
    const person = await withSample();
    for (const voxel of places) await person.markPoint({ voxel });
    const run = person.run().catch((error: unknown) => error);
    await expect.poll(async () => (await person.status()).running).not.toBeNull();
    await person.deleteSession(person.sessionId ?? "");
    expect(await run).toMatchObject({ status: 410, code: "session_deleted" });
    await expect
      .poll(async () => (await client().status()).queue, { timeout: 20_000 })
      .toEqual({ waiting: 0, running: 0 });
  }, 60_000);
});

describe("files from the shared reference data", () => {
  const bad = fileURLToPath(new URL("../../../../shared/data/formats/bad", import.meta.url));

  test("that are broken are refused with a reason, and leave the session as it was", async (context) => {
    const names = await readdir(bad).catch(() => []);
    const files = names.filter((name) => /\.nii(\.gz)?$/.test(name));
    if (files.length === 0) return context.skip("the shared reference data is not here");
    const person = await withSample();
    for (const name of files) {
      const error = await person.upload(new Blob([await readFile(join(bad, name))])).catch((thrown: unknown) => thrown);
      expect
        .soft(error, name)
        .toMatchObject({ name: "ApiError", code: expect.stringMatching(/^(unreadable_image|too_large)$/) });
      expect.soft((error as Error).message, name).not.toContain(folder);
    }
    expect((await person.status()).image_revision).toBe(1);
    expect((await person.slice(2, 0)).slice_data).toHaveLength(122);
  }, 120_000);
});

async function* bytes(whole: Uint8Array): AsyncGenerator<Uint8Array> {
  yield whole;
}
