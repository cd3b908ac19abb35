import fc from "fast-check";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAnswer } from "../../test/expect-answer.ts";
import { type Harness, startHarness } from "../testing/harness.ts";

let harness: Harness;
let loaded: string;

beforeAll(async () => {
  harness = await startHarness();
  loaded = await harness.loaded();
});

afterAll(() => harness?.app.close());

describe("any input", () => {
  const coordinate = fc.oneof(
    fc.integer({ min: -2, max: 13 }),
    fc.double(),
    fc.constantFrom("1", null, Number.MAX_SAFE_INTEGER),
  );
  const list = fc.array(coordinate, { maxLength: 4 });
  const lists = fc.array(list, { maxLength: 5 });
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        kind: fc.constantFrom("point", "box", "scribble", "lasso", "initial"),
        voxel: list,
        box: lists,
        points: lists,
        voxels: lists,
        axis: coordinate,
        slice_index: coordinate,
        radius: coordinate,
        positive: fc.oneof(fc.boolean(), coordinate),
        point: fc.record({ x: coordinate, y: coordinate }),
        point_number: coordinate,
        numbers: list,
        predict: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  );
  const part = fc.oneof(
    coordinate.map(String),
    fc.string({ maxLength: 5 }),
    fc.constantFrom("..", "%2e%2e", "1e3", "0x1", "__proto__"),
  );
  const url = fc
    .tuple(
      fc.constantFrom(
        "status",
        "points",
        "mark_point",
        "run_segmentation",
        "remove_point",
        "slice",
        "segments",
        "mask",
        "image",
        "sample",
        "sessions",
        "color_template",
        "download",
        "upload",
      ),
      fc.array(fc.oneof(part, fc.constantFrom("prompts", "undo", "reset", "labels", "segmentation")), { maxLength: 3 }),
      fc.array(fc.tuple(fc.constantFrom("box", "label", "window", "level", "frame", "session_id"), part), {
        maxLength: 2,
      }),
    )
    .map(([route, parts, query]) => {
      const address = ["/api", route, ...parts.map(encodeURIComponent)].join("/");
      return query.length === 0 ? address : `${address}?${new URLSearchParams(query)}`;
    });

  test("gets an answer of the one shape and never a failure of the server", async () => {
    const method = fc.constantFrom<InjectOptions["method"]>("GET", "POST", "DELETE");
    await fc.assert(
      fc.asyncProperty(method, url, body, async (how, where, what) => {
        const sent = how === "GET" ? undefined : JSON.stringify(what);
        expectAnswer(
          await harness.call(
            loaded,
            how,
            where,
            sent,
            sent === undefined ? {} : { "content-type": "application/json" },
          ),
        );
      }),
      { numRuns: 1500 },
    );
  }, 120_000);

  test("in the form of a prompt changes the session as said or not at all", async () => {
    const small = fc.integer({ min: -1, max: 9 });
    const pair = fc.tuple(small, small);
    const slice = { axis: fc.constantFrom(0, 1, 2), slice_index: small };
    const prompt = fc.oneof(
      fc.record({ kind: fc.constant("point"), voxel: fc.tuple(small, small, small), positive: fc.boolean() }),
      fc.record({ kind: fc.constant("box"), box: fc.tuple(pair, pair, pair) }),
      fc.record({ kind: fc.constant("scribble"), points: fc.array(pair, { maxLength: 3 }), ...slice }),
      fc.record({ kind: fc.constant("lasso"), points: fc.array(pair, { maxLength: 5 }), ...slice }),
    );
    const session = await harness.loaded();
    const segments = async () => (await harness.call(session, "GET", "/api/segments")).body.segments;
    await fc.assert(
      fc.asyncProperty(prompt, async (sent) => {
        const earlier = await segments();
        const called = await harness.call(session, "POST", "/api/segments/1/prompts", sent);
        expectAnswer(called);
        const later = await segments();
        if (called.status === 200) expect(later[0].prompts).toHaveLength((earlier[0]?.prompts.length ?? 0) + 1);
        else expect(later).toEqual(earlier);
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  test("in headers and multipart bodies gets an answer too", async () => {
    const header = fc.string({
      maxLength: 40,
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    });
    await fc.assert(
      fc.asyncProperty(header, header, fc.uint8Array({ maxLength: 200 }), async (id, type, bytes) => {
        expectAnswer(
          await harness.call(id, "GET", "/api/status", undefined, { accept: type, authorization: `Bearer ${type}` }),
        );
        expectAnswer(
          await harness.call(loaded, "POST", "/api/upload", Buffer.from(bytes), {
            "content-type": type.trim() || "text/plain",
          }),
        );
        const form = Buffer.concat([
          Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'),
          bytes,
        ]);
        expectAnswer(
          await harness.call(loaded, "POST", "/api/upload", form, {
            "content-type": "multipart/form-data; boundary=x",
          }),
        );
      }),
      { numRuns: 150 },
    );
    expect((await harness.call(loaded, "GET", "/api/status")).body.image_revision).toBe(1);
  }, 120_000);
});
