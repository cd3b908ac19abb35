import { gzipSync } from "node:zlib";
import { memoryStore, type Store } from "@septum/store";
import { type Affine, type Vec3, type VoxelArray, writeNifti } from "@septum/volume";
import type { FastifyInstance, InjectOptions } from "fastify";
import { type AppOptions, createApp } from "../app.ts";
import { type FakeEngine, type FakeEngineOptions, fakeEngine } from "./fake-engine.ts";

/** A server in memory with everything around it that a test may want to touch. */
export interface Harness {
  readonly app: FastifyInstance;
  readonly engine: FakeEngine;
  readonly store: Store;
  /** Moves the clock on. */
  wait(ms: number): void;
  /** A call of session `id`, or of a new one; the answer's body parsed when it is JSON. */
  call(
    id: string | undefined,
    method: InjectOptions["method"],
    url: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Called>;
  /** A new session with `scan()` in it. */
  loaded(): Promise<string>;
}

export interface Called {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
  readonly body: any;
  readonly raw: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface HarnessOptions extends FakeEngineOptions {
  readonly settings?: Partial<AppOptions["settings"]>;
  readonly store?: Store;
  readonly app?: Partial<AppOptions>;
}

/** Oblique, anisotropic, left-handed. */
export const affine: Affine = [-0.9, 0.1, 0, 40, 0.1, 0.8, 0.3, -20, 0, -0.2, 1.5, 7, 0, 0, 0, 1];
export const size: Vec3 = [12, 10, 8];

export async function startHarness({ settings, store, app: more, onPass }: HarnessOptions = {}): Promise<Harness> {
  let at = Date.UTC(2026, 0, 2, 3, 4, 5);
  const engine = fakeEngine({ onPass });
  const kept = store ?? memoryStore();
  const app = await createApp({
    engine,
    store: kept,
    settings: { host: "127.0.0.1", sessionHours: 24, maxUploadMb: 1, ...settings },
    now: () => at,
    ...more,
  });
  const harness: Harness = {
    app,
    engine,
    store: kept,
    wait: (ms) => {
      at += ms;
    },
    async call(id, method, url, body, headers = {}) {
      const session = id === undefined ? {} : { "x-session-id": id };
      const response = await app.inject({
        method,
        url,
        headers: { ...session, ...headers },
        payload: body as InjectOptions["payload"],
      });
      const json = String(response.headers["content-type"]).startsWith("application/json");
      return {
        status: response.statusCode,
        body: json ? response.json() : undefined,
        raw: response.rawPayload,
        headers: response.headers,
      };
    },
    async loaded() {
      const { status, body } = await upload(harness, undefined, scan());
      if (status !== 200) throw new Error(`The scan was refused: ${JSON.stringify(body)}`);
      return body.session_id;
    },
  };
  return harness;
}

/** A NIfTI file (gzip) of `size` whose voxel values are their places in memory. */
export function scan(
  data: VoxelArray = Int16Array.from({ length: 12 * 10 * 8 }, (_, n) => n),
  extent: Vec3 = size,
): Buffer {
  const { header, data: voxels } = writeNifti({ data, size: extent, affine, scaling: { slope: 1, intercept: -100 } });
  return gzipSync(Buffer.concat([header, voxels]));
}

export function upload(
  { call }: Harness,
  id: string | undefined,
  file: Uint8Array,
  field = "file",
  url = "/api/upload",
): Promise<Called> {
  const { body, type } = multipart(file, field);
  return call(id, "POST", url, body, { "content-type": type });
}

export function multipart(file: Uint8Array, field = "file", name = "Jane Doe.nii.gz"): { body: Buffer; type: string } {
  const boundary = "----septum-test";
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    body: Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    type: `multipart/form-data; boundary=${boundary}`,
  };
}

/** A file in memory as a source of bytes. */
export async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
