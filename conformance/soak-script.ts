import { type Affine, type Vec3, writeNifti } from "@septum/volume";
import { type Answer, type Call, make, randomCall } from "./crash/calls.ts";
import type { Random } from "./crash/random.ts";
import { commonExtent, scans } from "./crash/scans.ts";
import { type Snapshot, snapshotOf } from "./crash/snapshot.ts";
import { patientFetch } from "./patient-fetch.ts";
import { putToRest } from "./soak-memory.ts";

/** What a person does: a call, a look at everything as a page takes it on reload, or leaving the session until it rests. */
export type Step = Call | "reload" | "rest";

/** What a person got from a step; nothing from a rest. */
export type Seen = Omit<Answer, "sessionId"> | Snapshot | undefined;

/** One visit: an upload and some work on it. */
export interface Script {
  readonly steps: readonly Step[];
  /** What each step gives, and the whole session in the end. */
  readonly expected: readonly Seen[];
  readonly end: Snapshot | undefined;
}

/** A session that somebody works in. */
export interface Visit {
  readonly url: string;
  id?: string;
}

const stepsPerScript = 14;
/** One script in three is about a scan of about a megabyte, which nobody could lose many times without being seen. */
const largeShare = 1 / 3;
const largeSize: Vec3 = [96, 80, 64];
const largeScan = makeLargeScan();

/** A random script, done once by somebody who is alone on the server and whose session never rests. */
export async function learnScript(url: string, random: Random): Promise<Script> {
  const steps = randomSteps(random);
  const visit: Visit = { url };
  const expected: Seen[] = [];
  for (const step of steps) expected.push(step === "rest" ? undefined : await take(step, visit));
  const end = await look(visit);
  await leave(visit);
  return { steps, expected, end };
}

/** Takes one step of a visit; the first makes the session. */
export async function take(step: Step, visit: Visit): Promise<Seen> {
  if (step === "reload") return look(visit);
  if (step === "rest") {
    await putToRest(visit.url, visit.id as string);
    return undefined;
  }
  const { sessionId, ...answer } = await make(step, visit.url, visit.id, patientFetch);
  visit.id ??= sessionId;
  return answer;
}

export function look({ url, id }: Visit): Promise<Snapshot | undefined> {
  return snapshotOf(url, id as string, patientFetch);
}

export async function leave({ url, id }: Visit): Promise<void> {
  const { status } = await make({ method: "DELETE", path: `/api/session/${id}` }, url, undefined, patientFetch);
  if (status !== 200) throw new Error(`A session could not be deleted: ${status}`);
}

function randomSteps(random: Random): readonly Step[] {
  const large = random.chance(largeShare);
  const upload: Call = { method: "POST", path: "/api/upload" };
  const first = large ? { ...upload, file: largeScan } : { ...upload, scan: random.below(scans.length) };
  return [first, ...Array.from({ length: stepsPerScript }, () => randomStep(random, large))];
}

function randomStep(random: Random, large: boolean): Step {
  const extent = large ? Math.min(...largeSize) : commonExtent;
  if (random.chance(0.08)) return "rest";
  if (random.chance(0.06)) return "reload";
  for (;;) {
    const call = random.chance(0.25)
      ? objectCall(random, extent)
      : randomCall(random, { extent, autozoom: large ? 0 : 0.15 });
    // These may zoom, and the small model does: dozens of passes here, over a thousand on the large scan.
    const moves = call.method === "PATCH" && call.path.includes("/prompts/");
    const zooms = moves || call.path === "/api/run_segmentation" || call.path.includes("/predict");
    if (!zooms || (!large && random.chance(0.3))) return call;
  }
}

/** What is done to objects beside prompts: empty ones, attributes, edits by hand, prompts that wait. */
function objectCall(random: Random, extent: number): Call {
  const path = `/api/segments/${1 + random.below(3)}`;
  const place = () => [random.below(extent), random.below(extent), random.below(extent)];
  const post = (path: string, json: unknown): Call => ({ method: "POST", path, json });
  const patch = (path: string, json: unknown): Call => ({ method: "PATCH", path, json });
  const stroke = { kind: "paint", axis: random.below(3), radius_mm: 1 + random.below(4), path: [place(), place()] };
  return random.pick([
    () => post("/api/segments", { name: "vessel" }),
    () => post(`${path}/predict?frame=mask`, {}),
    () => patch(path, { locked: random.chance(0.3), state: random.pick(["todo", "done"]) }),
    () => patch(path, { value: 1 + random.below(9) }),
    () => patch(`${path}/prompts/0`, { offset: [1, -1, 0] }),
    () => post(`${path}/edits?frame=mask`, { ...stroke, add: random.chance(0.7) }),
    () => post(`${path}/edits?frame=mask&others=take`, { ...stroke, shape: "sphere", add: true }),
    () => post(`${path}/edits?frame=mask`, random.pick([{ kind: "keep_largest" }, { kind: "fill_holes" }])),
    () => post(`${path}/edits?frame=mask`, { kind: random.pick(["grow", "shrink"]), mm: 1 }),
  ])();
}

function makeLargeScan(): Buffer {
  const [ni, nj, nk] = largeSize;
  const affine: Affine = [-0.8, 0, 0, 30, 0, 0.7, 0.2, -25, 0, -0.2, 1.2, 5, 0, 0, 0, 1];
  const data = new Int16Array(ni * nj * nk);
  for (let n = 0; n < data.length; n++) data[n] = (Math.imul(n, 2654435761) >>> 28) + ((n >> 4) % 7 === 0 ? 500 : 0);
  const { header, data: voxels } = writeNifti({ data, size: largeSize, affine, scaling: { slope: 1, intercept: 0 } });
  return Buffer.concat([header, voxels]);
}
