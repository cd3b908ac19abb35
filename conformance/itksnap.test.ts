import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { createClient } from "@septum/protocol";
import { unpackBits } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// What the page shows to tests, as `window.septum`.
import type {} from "../packages/app/src/test-hook.ts";
import { chromiumPath, openBrowser } from "./browser.ts";
import * as story from "./foreign-story.ts";
import { freePort } from "./free-port.ts";
import { smallModel } from "./small-model.ts";
import { type RunningServer, startServer } from "./start-server.ts";

const hasCurl = spawnSync("curl", ["--version"]).status === 0;
if (!chromiumPath) process.stdout.write("skipped: a look at ITK-SNAP's session in the app needs Chromium\n");
if (!hasCurl) process.stdout.write("skipped: the replay of ITK-SNAP needs curl\n");

const { size, voxels } = story;
const [pi, pj, pk] = story.positive;
const [ni, nj, nk] = story.negative;

let server: RunningServer;
let model: string;
let folder: string;
/** ITK-SNAP's view of the server: a host and a port that are its own. */
let at: string;
let told: story.Story;

/** A replay, call by call, of what ITK-SNAP sends with libcurl (specs/client-protocols.md §7.5). */
describe.runIf(hasCurl)("ITK-SNAP", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "septum-itksnap-"));
    model = smallModel();
    const port = await freePort();
    at = `http://127.0.0.1:${port}`;
    server = await startServer([
      "--model",
      model,
      "--device",
      "cpu",
      "--protocol",
      "itksnap",
      "--also-port",
      `${port}`,
    ]);
    told = await story.tellStory(server.url);
    file("image.gz", Float32Array.from(story.values));
    file("lasso.gz", Float32Array.from(story.lassoMask()));
    writeFileSync(join(folder, "meta.json"), JSON.stringify(metadata, null, 4));
    writeFileSync(join(folder, "dimensions.json"), JSON.stringify({ dimensions: size }));
  });

  afterAll(async () => {
    await server?.stop();
    for (const path of [folder, model]) rmSync(path, { recursive: true, force: true });
  });

  it("I1 finds a version of numbers, new enough", async () => {
    const { version } = (await curl("/status")).json;
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(version >= "0.1.2").toBe(true);
  });

  it("I2 finds the model that its lasso asks for", async () => {
    expect((await curl("/v2/models")).json.models).toMatchObject([{ id: "nnInteractive", dimensions: 3 }]);
  });

  it("I3 starts sessions of their own, and I9 gets no 200 for one that is not there", async () => {
    const [a, b] = [await start("/start_session"), await start("/v2/start_session/nnInteractive")];
    expect(a).not.toBe(b);
    const gone = "00000000-0000-4000-8000-000000000000";
    for (const path of [
      `/v2/process_point_interaction/${gone}?point=1&point=1&point=1&foreground=true`,
      `/process_point_interaction/${gone}?x=1&y=1&z=1&foreground=true`,
      `/reset_interactions/${gone}`,
      `/v2/end_session/${gone}`,
      `/end_session/${gone}`,
    ]) {
      expect((await curl(path)).status, path).toBe(404);
    }
    for (const kind of ["scribble", "lasso"]) {
      const path = `/process_${kind}_interaction/${gone}?foreground=true`;
      expect((await curl(path, ...form("lasso.gz", "meta.json"))).status, path).toBe(404);
    }
    // Before the image.
    expect((await curl(`/process_point_interaction/${a}?x=1&y=1&z=1&foreground=true`)).status).toBe(409);
  });

  it("I4 to I6 get the masks of the session's own API, by the old addresses and the new", async () => {
    const old = await start("/start_session");
    await uploaded(old, ...form("image.gz", "meta.json"), "-H", "Expect: 100-continue");
    const oldPoint = (i: number, j: number, k: number, foreground: boolean) =>
      mask(`/process_point_interaction/${old}?x=${i}&y=${j}&z=${k}&foreground=${foreground}`);
    expectSame(await oldPoint(pi, pj, pk, true), told.afterPoint);
    expectSame(await oldPoint(ni, nj, nk, false), told.afterBoth);
    const lasso = await mask(`/process_lasso_interaction/${old}?foreground=true`, ...form("lasso.gz", "meta.json"));
    expectSame(lasso, told.afterLasso);

    const recent = await start("/v2/start_session/nnInteractive");
    await uploaded(recent, ...form("meta.json", "image.gz"));
    const point = (i: number, j: number, k: number, foreground: boolean) =>
      mask(`/v2/process_point_interaction/${recent}?point=${i}&point=${j}&point=${k}&foreground=${foreground}`);
    expectSame(await point(pi, pj, pk, true), told.afterPoint);
    expectSame(await point(ni, nj, nk, false), told.afterBoth);
  });

  it("I4 takes dimensions alone, and an upload as slow as a bad line", async () => {
    const id = await start("/start_session");
    // Three seconds or so.
    await uploaded(id, ...form("image.gz", "dimensions.json"), "--limit-rate", "2K");
    expectSame(await mask(`/process_point_interaction/${id}?x=${pi}&y=${pj}&z=${pk}&foreground=true`), told.afterPoint);
  });

  it("I6 and I7 draw with a scribble, and take away", async () => {
    const id = await start("/start_session");
    await uploaded(id, ...form("image.gz", "meta.json"));
    const drawn = await mask(`/process_scribble_interaction/${id}?foreground=true`, ...form("lasso.gz", "meta.json"));
    expect(drawn.some((value) => value === 1)).toBe(true);
    const less = await mask(`/process_lasso_interaction/${id}?foreground=false`, ...form("lasso.gz", "meta.json"));
    expect(less).not.toEqual(drawn);
    const { segments } = await segmentsOf(id);
    expect(segments[0].prompts.map(({ kind, positive }) => [kind, positive])).toEqual([
      ["scribble", true],
      ["lasso", false],
    ]);
  });

  it("I8 starts afresh after a reset; what was before stays in the session, for the browser", async () => {
    const id = await start("/start_session");
    await uploaded(id, ...form("image.gz", "meta.json"));
    await mask(`/process_point_interaction/${id}?x=${ni}&y=${nj}&z=${nk}&foreground=true`);
    expect((await curl(`/reset_interactions/${id}`)).json).toEqual({ status: "success" });
    expectSame(await mask(`/process_point_interaction/${id}?x=${pi}&y=${pj}&z=${pk}&foreground=true`), told.afterPoint);
    const { segments } = await segmentsOf(id);
    expect(segments.map(({ label, prompts }) => [label, prompts.length])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    const client = createClient({ baseUrl: server.url, sessionId: id });
    const { data } = await client.mask({ label: 2 });
    expectSame(unpackBits(data as Uint8Array, voxels), told.afterPoint);
    const { image } = await client.status();
    for (const [n, value] of (image?.affine ?? []).entries()) expect(value).toBeCloseTo(story.affine[n], 5);
    const { sessions } = await client.sessions();
    expect(sessions.some(({ session_id, nifti_loaded }) => session_id === id && nifti_loaded)).toBe(true);
  });

  it.runIf(chromiumPath)(
    "is to be seen in the app, with the mask that ITK-SNAP shows",
    async () => {
      const id = await start("/start_session");
      await uploaded(id, ...form("image.gz", "meta.json"));
      await mask(`/process_point_interaction/${id}?x=${pi}&y=${pj}&z=${pk}&foreground=true`);
      const browser = await openBrowser();
      try {
        const page = await browser.newPage();
        await page.goto(`${server.url}/?session=${id}`);
        await page.waitForFunction(() => window.septum?.ready, undefined, { timeout: 120_000 });
        const count = told.afterPoint.reduce((sum, value) => sum + value, 0);
        const shown = () => page.evaluate(() => window.septum?.shownLabels());
        await expect.poll(shown, { timeout: 60_000 }).toEqual({ 1: count });
      } finally {
        await browser.close();
      }
    },
    240_000,
  );

  it("I10 takes up an unknown id with an upload, and I11 knows an ended one no more", async () => {
    const id = "3e7f0a52-4a0c-4f0e-9a55-0123456789ab";
    await uploaded(id, ...form("image.gz", "meta.json"));
    const point = `/process_point_interaction/${id}?x=${pi}&y=${pj}&z=${pk}&foreground=true`;
    expectSame(await mask(point), told.afterPoint);
    expect((await curl(`/v2/end_session/${id}`)).status).toBe(200);
    expect((await curl(point)).status).toBe(404);
  });
});

const metadata = {
  dimensions: size,
  spacing: story.spacing,
  origin: story.origin,
  direction: story.direction,
  components_per_pixel: 1,
  component_type: "float32",
};

function file(name: string, data: Float32Array): void {
  writeFileSync(join(folder, name), gzipSync(new Uint8Array(data.buffer)));
}

/** The parts in this order. */
function form(...names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const path = join(folder, name);
    return name.endsWith(".json")
      ? ["-F", `metadata=<${path};type=application/json`]
      : ["-F", `file=@${path};type=application/gzip;filename=image.gz`];
  });
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
  readonly json: any;
}

/** I12: with no header by which curl would unpack the answer; ITK-SNAP does not. */
async function curl(path: string, ...args: readonly string[]): Promise<Answer> {
  const body = join(folder, "answer");
  const head = join(folder, "head");
  const all = ["-sS", "-D", head, "-o", body, "-w", "%{http_code}", ...args, `${at}${path}`];
  const { stdout } = await promisify(execFile)("curl", all);
  expect(readFileSync(head, "latin1").toLowerCase()).not.toContain("content-encoding");
  return { status: Number(stdout), json: JSON.parse(readFileSync(body, "utf8")) };
}

async function start(path: string): Promise<string> {
  return (await curl(path)).json.session_id;
}

async function uploaded(id: string, ...args: readonly string[]): Promise<void> {
  const { status, json } = await curl(`/upload_raw/${id}?filename=upload.nii.gz`, ...args);
  expect(status, JSON.stringify(json)).toBe(200);
}

async function mask(path: string, ...args: readonly string[]): Promise<Uint8Array> {
  const { status, json } = await curl(path, ...args);
  expect(status, JSON.stringify(json)).toBe(200);
  expect(json.status).toBe("success");
  return gunzipSync(Buffer.from(json.result, "base64"));
}

function expectSame(mask: Uint8Array, wanted: Uint8Array): void {
  expect(mask.length).toBe(voxels);
  expect(Buffer.compare(mask, wanted)).toBe(0);
  // A mask of nothing would prove nothing.
  expect(wanted.some((value) => value === 1)).toBe(true);
}

function segmentsOf(sessionId: string) {
  return createClient({ baseUrl: server.url, sessionId }).segments();
}
