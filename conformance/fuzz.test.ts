import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorStatus, isErrorCode } from "@septum/protocol";
import { diskStore, type Store } from "@septum/store";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Called, type Harness, startHarness } from "../packages/server/src/testing/harness.ts";

/** One call of the server's own description of itself. */
interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query: readonly string[];
}

interface OpenApi {
  readonly paths: Record<string, Record<string, { parameters?: { in: string; name: string }[] }>>;
}

let folder: string;
let store: Store;
let server: Harness;
let session: string;
let operations: readonly Operation[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "septum-fuzz-"));
  store = await diskStore(folder);
  server = await startHarness({ store });
  session = await server.loaded();
  const { paths } = (await server.call(undefined, "GET", "/api/openapi.json")).body as OpenApi;
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [] }]) => ({
      method: method.toUpperCase() as Operation["method"],
      path,
      query: parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name),
    })),
  );
});

afterAll(async () => {
  await server?.app.close();
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});

const number = fc.oneof(
  fc.integer({ min: -2, max: 14 }),
  fc.double(),
  fc.constantFrom(0.5, 65_536, Number.MAX_SAFE_INTEGER),
);
const word = fc.oneof(
  number.map(String),
  fc.string({ maxLength: 6, unit: "binary" }),
  fc.constantFrom("..", "%2e%2e", "%00", "0x1", "__proto__", "1e9", "0,1,0,1,0,1", "mask", "labels"),
);
const json = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      kind: fc.constantFrom("point", "box", "scribble", "lasso", "initial"),
      voxel: fc.array(number, { maxLength: 4 }),
      box: fc.array(fc.array(number, { maxLength: 3 }), { maxLength: 4 }),
      points: fc.array(fc.array(number, { maxLength: 3 }), { maxLength: 5 }),
      axis: number,
      slice_index: number,
      positive: fc.oneof(fc.boolean(), number),
      numbers: fc.array(number, { maxLength: 4 }),
      name: fc.oneof(word, fc.constant(null)),
      color: fc.oneof(word, fc.constantFrom(null, "#abcdef")),
      token: word,
      view: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
);
const form = fc
  .tuple(fc.constantFrom("file", "files", "x"), fc.uint8Array({ maxLength: 400 }), fc.boolean())
  .map(([field, bytes, ended]) => ({
    type: "multipart/form-data; boundary=x",
    bytes: Buffer.concat([
      Buffer.from(`--x\r\nContent-Disposition: form-data; name="${field}"; filename="../../a"\r\n\r\n`),
      bytes,
      Buffer.from(ended ? "\r\n--x--\r\n" : ""),
    ]),
  }));
const body = fc.oneof(
  fc.constant(undefined),
  json.map((value) => ({ type: "application/json", bytes: Buffer.from(JSON.stringify(value)) })),
  form,
  fc.record({
    type: fc.constantFrom(
      "application/json",
      "application/octet-stream",
      "multipart/form-data",
      "text/plain",
      "x/y; q",
    ),
    bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  }),
);
const header = fc.string({
  maxLength: 30,
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
});
const headers = fc.record(
  {
    accept: header,
    authorization: header,
    "last-event-id": header,
    range: header,
    "if-none-match": header,
    origin: header,
  },
  { requiredKeys: [] },
);

const perOperation = 40;

it("answers every call of its description, whatever is sent, without a failure of its own", async () => {
  expect(operations.length).toBeGreaterThan(25);
  for (const operation of operations) {
    const input = fc.record({ parts: fc.array(word, { minLength: 3, maxLength: 3 }), query: word, body, headers });
    await fc.assert(
      fc.asyncProperty(input, async ({ parts, query, body: sent, headers: extra }) => {
        const called = await call(operation, parts, query, sent, extra);
        // An event stream has no end.
        if (called !== undefined) expectAnswer(called);
      }),
      { numRuns: perOperation },
    );
  }
  expect((await server.call(undefined, "GET", "/healthz")).status).toBe(200);
}, 300_000);

it("leaves neither sessions nor files behind", async () => {
  // Calls with a session's id made none, and what some of them left in it is the session's own.
  expect(server.engine.open.size).toBeLessThanOrEqual(1);
  expect(await readdir(join(folder, "uploads"))).toEqual([]);
  const kept = await readdir(join(folder, "sessions"));
  expect(kept.length).toBeLessThanOrEqual(1);
  for (const id of kept) expect(await readdir(join(folder, "sessions", id))).toHaveLength(1);
});

async function call(
  { method, path, query }: Operation,
  parts: readonly string[],
  value: string,
  sent: { readonly type: string; readonly bytes: Buffer } | undefined,
  extra: Readonly<Record<string, string>>,
): Promise<Called | undefined> {
  if (path === "/api/events") return undefined;
  let n = 0;
  const address = path.replace(/\{\w+\}/g, () => encodeURIComponent(parts[n++ % parts.length] as string));
  const search = query.length === 0 ? "" : `?${new URLSearchParams(query.map((name) => [name, value]))}`;
  const type: Record<string, string> = sent && method !== "GET" ? { "content-type": sent.type } : {};
  const payload = method === "GET" ? undefined : sent?.bytes;
  // The one call that always makes something has a session to make away with again.
  const called = await server.call(session, method, address + search, payload, { ...extra, ...type });
  if (path === "/api/session" && called.status === 200) {
    await server.call(undefined, "DELETE", `/api/session/${called.body.session_id}`);
  }
  return called;
}

/** An error has the one shape and its code's status, and tells nothing about the server. */
function expectAnswer({ status, body: answer, raw }: Called): void {
  expect(status).toBeLessThan(500);
  if (status < 400) return;
  expect(Object.keys(answer)).toEqual(["detail", "code"]);
  expect(isErrorCode(answer.code) && errorStatus[answer.code as keyof typeof errorStatus]).toBe(status);
  expect(raw.toString()).not.toMatch(/node_modules|packages\/|\/tmp|at \w+ \(|\.ts:/);
}
