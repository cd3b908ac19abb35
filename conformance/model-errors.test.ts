import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Affine, type Vec3, writeNifti } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Call, make } from "./crash/calls.ts";
import { snapshotOf } from "./crash/snapshot.ts";
import { badIndex, compileFailing, outOfMemory } from "./failing-model.ts";
import { smallModel } from "./small-model.ts";
import { type RunningServer, startServer } from "./start-server.ts";

const deviceHook = fileURLToPath(new URL("./dying-device.cjs", import.meta.url));
const size: Vec3 = [28, 22, 14];
/** One pass here does not see the far corner; a prompt that zooms comes to see it. */
const near = [4, 4, 4];
const far = [22, 17, 10];

const failed = { code: "model_failed", detail: "The model failed; the object is as it was before" };
const lost = {
  code: "unavailable",
  detail: "The device that runs the model stopped; the object is as it was before. Repeat the call",
};

let data: string;
let model: string;
let server: RunningServer;
/** What the same work gives on a scan on which nothing fails. */
let expected: { readonly answer: Answer; readonly masks: unknown };

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "septum-failing-"));
  model = smallModel();
  await compileFailing(model, data);
  const { NODE_OPTIONS } = process.env;
  process.env.NODE_OPTIONS = `${NODE_OPTIONS ?? ""} --require=${JSON.stringify(deviceHook)}`;
  server = await startServer(["--model", model, "--device", "cpu", "--threads", "1"], data);
  if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = NODE_OPTIONS;
  const id = await person();
  const answer = await click(id);
  expected = { answer, masks: (await snapshotOf(server.url, id))?.masks };
});

afterAll(async () => {
  await server?.stop();
  for (const folder of [data, model]) rmSync(folder, { recursive: true, force: true });
});

const call = (id: string | undefined, method: Call["method"], path: string, json?: unknown) =>
  make({ method, path, json }, server.url, id);

/** A session with a scan whose far corner has this value. */
async function person(value = 500): Promise<string> {
  const [ni, nj, nk] = size;
  const affine: Affine = [-0.9, 0.1, 0, 40, 0.1, 0.8, 0.3, -20, 0, -0.2, 1.5, 7, 0, 0, 0, 1];
  const voxels = Int16Array.from({ length: ni * nj * nk }, (_, n) => {
    const place = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))];
    return place.every((at, axis) => Math.abs(at - (far[axis] as number)) < 3) ? value : (n * 7919) % 101;
  });
  const file = writeNifti({ data: voxels, size, affine, scaling: { slope: 1, intercept: 0 } });
  const upload: Call = { method: "POST", path: "/api/upload", file: Buffer.concat([file.header, file.data]) };
  const { status, sessionId } = await make(upload, server.url);
  expect(status).toBe(200);
  return sessionId as string;
}

/** A first prompt, which zooms and is refined over the whole scan in some hundred passes. */
const click = async (id: string, label = 1): Promise<Answer> => {
  const path = `/api/segments/${label}/prompts?frame=mask`;
  const { sessionId: _, ...answer } = await call(id, "POST", path, { kind: "point", voxel: near });
  return answer;
};

/** One pass, which sees the place alone. */
const look = (id: string, voxel: readonly number[], label = 1) =>
  call(id, "POST", `/api/segments/${label}/prompts`, { kind: "point", voxel, autozoom: false });

async function passes(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const counts = [...text.matchAll(/^septum_pass_run_seconds_count\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

describe.each([
  ["that reads outside an array", badIndex, 500, failed],
  ["that asks for more memory than there is", outOfMemory, 500, failed],
  ["whose thread dies", 30_000, 503, lost],
])("a pass of the network %s", (_what, value, status, body) => {
  it("is the error of its call, which changes nothing", async () => {
    const id = await person(value);
    expect((await look(id, near)).status).toBe(200);
    await call(id, "POST", "/api/mark_point", { voxel: near });
    await call(id, "POST", "/api/mark_point", { voxel: far });
    const before = await snapshotOf(server.url, id);
    const asked = await passes();
    const failing: readonly (() => Promise<Answer>)[] = [
      () => click(id, 2),
      () => look(id, far),
      () => call(id, "PATCH", "/api/segments/1/prompts/0", { voxel: far }),
      () => call(id, "POST", "/api/run_segmentation", { numbers: [2] }),
    ];
    for (const fail of failing) {
      expect(await fail()).toMatchObject({ status, body });
      expect(await snapshotOf(server.url, id)).toEqual(before);
    }
    // The first of them failed after passes that went well.
    expect(await passes()).toBeGreaterThan(asked + failing.length);
    // The session goes on where it was.
    expect(await look(id, [8, 8, 6])).toMatchObject({ status: 200, body: { passes: 1 } });
    expect((await call(id, "POST", "/api/undo")).status).toBe(200);
    expect((await snapshotOf(server.url, id))?.masks).toEqual(before?.masks);
  }, 180_000);

  it("leaves everybody else what they would have had", async () => {
    const others = await Promise.all([person(), person(), person()]);
    const sick = await person(value);
    let working = true;
    const work = Promise.all(others.map((id) => click(id))).finally(() => (working = false));
    for (let n = 0; n < 3; n++) expect(await look(sick, far)).toMatchObject({ status, body });
    expect(working).toBe(true);
    for (const answer of await work) expect(answer).toEqual(expected.answer);
    for (const id of others) expect((await snapshotOf(server.url, id))?.masks).toEqual(expected.masks);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  }, 180_000);
});
