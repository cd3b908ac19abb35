import { createHash } from "node:crypto";
import { request } from "node:http";
import type { Random } from "./random.ts";
import { commonExtent, scans } from "./scans.ts";

/** One call of a script, to be made of any server. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly json?: unknown;
  /** Uploads this scan, or this file. */
  readonly scan?: number;
  readonly file?: Buffer;
}

/** What a call was answered, without what differs from server to server; bytes as their hash. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** What a binary answer says about itself. */
  readonly result?: unknown;
  readonly sessionId?: string;
}

const sessionHeader = "X-Session-ID";

/** Times and ids: all that two servers may answer differently. */
const ownToServer = new Set([
  "session_id",
  "created_at",
  "last_activity",
  "expires_at",
  "time",
  "seconds_network",
  "seconds_total",
]);

/** Rejects when no whole answer came. */
export async function make(call: Call, url: string, sessionId?: string, send = fetch): Promise<Answer> {
  const { method, path, json, scan } = call;
  const file = scan === undefined ? call.file : scans[scan];
  const headers: Record<string, string> = {};
  if (sessionId !== undefined) headers[sessionHeader] = sessionId;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  let body: string | FormData | undefined = json === undefined ? undefined : JSON.stringify(json);
  if (file !== undefined) {
    body = new FormData();
    body.set("file", new Blob([new Uint8Array(file)]), "scan.nii");
  }
  const response = await send(url + path, { method, headers, body });
  const bytes = Buffer.from(await response.arrayBuffer());
  const told = response.headers.get("X-Septum-Result");
  return {
    status: response.status,
    sessionId: response.headers.get(sessionHeader) ?? undefined,
    body: response.headers.get("Content-Type")?.startsWith("application/json")
      ? comparable(JSON.parse(bytes.toString()))
      : createHash("sha256").update(bytes).digest("hex"),
    ...(told !== null && { result: comparable(JSON.parse(told)) }),
  };
}

/** Begins an upload and never ends it. Resolves when the connection is gone. */
export function uploadHalf(url: string, sessionId: string, part: number): Promise<void> {
  return new Promise((resolve) => {
    const head = '--x\r\nContent-Disposition: form-data; name="file"; filename="scan.nii.gz"\r\n\r\n';
    const sending = request(`${url}/api/upload`, {
      method: "POST",
      headers: { [sessionHeader]: sessionId, "Content-Type": "multipart/form-data; boundary=x" },
    });
    sending.on("error", () => resolve());
    sending.on("close", () => resolve());
    sending.write(head);
    const file = scans[0]!;
    sending.write(file.subarray(0, Math.floor(part * file.length)));
  });
}

export interface CallOptions {
  /** Coordinates up to here make sense; default: those inside every scan of `scans`. */
  readonly extent?: number;
  /** How many of the prompts may zoom. */
  readonly autozoom?: number;
}

/** A random call of somebody at work: mostly what makes sense, sometimes what is to be refused. */
export function randomCall(random: Random, { extent = commonExtent, autozoom = 0.8 }: CallOptions = {}): Call {
  const label = () => 1 + random.below(3);
  const coordinate = () => random.below(extent + (random.chance(0.03) ? 20 : 0));
  const voxel = () => [coordinate(), coordinate(), coordinate()];
  const kinds: readonly (readonly [weight: number, make: () => Call])[] = [
    [30, () => prompt(random, label(), { coordinate, voxel, autozoom })],
    [10, () => post(`/api/segments/${label()}/undo?frame=mask`)],
    [3, () => post(`/api/segments/${label()}/reset?frame=labels`)],
    [8, () => post(`/api/segments/${label()}/edits?others=${random.pick(["keep", "take"])}`, edit(random, voxel))],
    [2, () => patch(`/api/segments/${label()}`, { locked: random.chance(0.4) })],
    [3, () => ({ method: "DELETE", path: `/api/segments/${label()}` })],
    [12, () => post("/api/mark_point", { voxel: voxel(), ...(random.chance(0.5) && { point_number: label() }) })],
    [3, () => ({ method: "DELETE", path: `/api/remove_point/${label()}` })],
    [1, () => ({ method: "DELETE", path: "/api/points" })],
    [6, () => post("/api/run_segmentation", random.chance(0.5) ? { numbers: [label()] } : undefined)],
    [8, () => post("/api/undo")],
    [4, () => post("/api/redo")],
    [3, () => ({ method: "DELETE", path: `/api/segments/${label()}/prompts/${random.below(3)}` })],
    [3, () => patch(`/api/segments/${label()}/prompts/${random.below(3)}`, change(random, voxel))],
    [3, () => patch(`/api/segments/${label()}`, { name: random.pick(["liver", "left kidney", "Rücken"]) })],
    [2, () => patch(`/api/segments/${label()}`, { color: random.pick(["#12ab34", "#fedcba"]) })],
    [4, () => ({ method: "POST", path: "/api/upload", scan: random.below(scans.length) })],
    [4, () => ({ method: "GET", path: "/api/mask" })],
    [3, () => ({ method: "GET", path: `/api/slice/${random.below(3)}/${coordinate()}` })],
  ];
  let at = random.next() * kinds.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, kind] of kinds) {
    at -= weight;
    if (at < 0) return kind();
  }
  throw new Error("No weight is left");
}

/** Of an object by hand. */
function edit(random: Random, voxel: () => number[]) {
  const path = [voxel(), voxel()];
  return random.pick([
    { kind: "paint", add: random.chance(0.7), shape: "sphere", axis: 2, radius_mm: 4, path },
    { kind: "grow", mm: 2 },
    { kind: "shrink", mm: 2 },
    { kind: "keep_largest" },
    { kind: "fill_holes", axis: 2 },
  ]);
}

interface Places {
  readonly coordinate: () => number;
  readonly voxel: () => number[];
}

function prompt(random: Random, label: number, { coordinate, voxel, autozoom }: Places & { autozoom: number }): Call {
  const positive = random.chance(0.7);
  const options = { positive, predict: random.chance(0.85), autozoom: random.chance(autozoom) };
  const slice = { axis: random.below(3), slice_index: coordinate() };
  const points = () => Array.from({ length: 3 + random.below(3) }, () => [coordinate(), coordinate()]);
  const shapes = [
    () => ({ kind: "point", voxel: voxel() }),
    () => ({ kind: "point", voxel: voxel() }),
    () => ({ kind: "box", box: flatBox(random, coordinate) }),
    () => ({ kind: "scribble", points: points(), ...slice }),
    () => ({ kind: "scribble", voxels: [voxel(), voxel(), voxel()] }),
    () => ({ kind: "lasso", points: points(), ...slice }),
  ];
  return post(`/api/segments/${label}/prompts?frame=mask`, { ...random.pick(shapes)(), ...options });
}

function change(random: Random, voxel: () => number[]): unknown {
  return random.chance(0.5) ? { positive: random.chance(0.5) } : { voxel: voxel() };
}

function flatBox(random: Random, coordinate: () => number): number[][] {
  const flat = random.below(3);
  return [0, 1, 2].map((axis) => {
    const from = coordinate();
    return [from, from + (axis === flat ? 1 : 1 + random.below(5))];
  });
}

function patch(path: string, json: unknown): Call {
  return { method: "PATCH", path, json };
}

function post(path: string, json?: unknown): Call {
  return { method: "POST", path, ...(json !== undefined && { json }) };
}

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !ownToServer.has(key))
      .map(([key, inner]) => [key, comparable(inner)]),
  );
}
