import { inflateRawSync } from "node:zlib";
import { unpackBits, type Vec3 } from "@septum/volume";
import { expect } from "vitest";
import {
  type ArrayDtype,
  arrayDtypes,
  readArrayHeader,
  readElements,
  writeArray,
} from "../src/protocols/nninteractive/nnia.ts";
import type { Called, Harness } from "../src/testing/harness.ts";

/** Slice, row, column: no two alike. */
export const shape: Vec3 = [6, 8, 10];
export const voxels = 480;

/** What a program that speaks nnInteractive's protocol does with a server: the one that the tests have at the time. */
export function nninteractiveCalls(server: () => Harness) {
  const claim = async (): Promise<string> => (await server().call(undefined, "POST", "/claim")).body.lease_token;

  function post(token: string | undefined, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const json = typeof body === "object" && !Buffer.isBuffer(body);
    const lease: Record<string, string> = token === undefined ? {} : { "x-lease-token": token };
    const type: Record<string, string> = json ? { "content-type": "application/json" } : {};
    return server().call(undefined, "POST", path, json ? JSON.stringify(body) : body, {
      ...type,
      ...lease,
      ...headers,
    });
  }

  function postArray(token: string, path: string, array: Uint8Array, meta: unknown = {}): Promise<Called> {
    const headers = { "content-type": "application/octet-stream", "x-meta": JSON.stringify(meta) };
    return post(token, path, Buffer.from(array), headers);
  }

  /** A lease with an image and somewhere for the results. */
  async function ready(): Promise<string> {
    const token = await claim();
    await postArray(token, "/set_image", imageOf(), { image_properties: { spacing: [3, 2, 1] } });
    await post(token, "/set_target_buffer", { shape, dtype: "uint8" });
    return token;
  }

  /** What the session has, in the order of the array. */
  async function serverMask(id: string, label: number): Promise<number[]> {
    const session = await server().call(id, "GET", `/api/mask?label=${label}`, undefined, {
      accept: "application/octet-stream",
    });
    expect(session.status).toBe(200);
    return [...unpackBits(inflateRawSync(session.raw.subarray(32)), voxels)];
  }

  async function sessionId(): Promise<string> {
    const { body } = await server().call(undefined, "GET", "/api/sessions", undefined, { host: "localhost" });
    const loaded = body.sessions.filter((session: { nifti_loaded: boolean }) => session.nifti_loaded);
    expect(loaded).toHaveLength(1);
    return loaded[0].session_id;
  }

  return { claim, post, postArray, ready, serverMask, sessionId };
}

export function imageOf(dtype: ArrayDtype = "int16", dims: readonly number[] = [1, ...shape]): Uint8Array {
  const bytes = new Uint8Array(dims.reduce((product, length) => product * length, arrayDtypes[dtype]));
  return writeArray(
    dtype,
    dims,
    bytes.map((_, n) => (n % arrayDtypes[dtype] === 0 ? n % 97 : 0)),
  );
}

export function metaOf({ headers }: Called) {
  return JSON.parse(String(headers["x-meta"]));
}

/** The mask as a client keeps it: every answer is written over its box. */
export function paste(buffer: Uint8Array, answer: Called): void {
  const { bbox } = metaOf(answer);
  if (!bbox) return;
  const [[a0, a1], [b0, b1], [c0, c1]] = bbox;
  const source = {
    length: answer.raw.length,
    read: (at: number, length: number) => answer.raw.subarray(at, at + length),
  };
  const pieces: Buffer[] = [];
  readElements(source, readArrayHeader(source), (piece) => pieces.push(Buffer.from(piece)));
  const values = Buffer.concat(pieces);
  let at = 0;
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) for (let c = c0; c < c1; c++) buffer[c + 10 * (b + 8 * a)] = values[at++] as number;
  }
}

export const point = (coordinates: readonly number[], more: object = {}) => ({
  coordinates,
  include_interaction: true,
  run_prediction: true,
  override_capability_checks: false,
  ...more,
});
