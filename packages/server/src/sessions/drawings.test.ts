import { serialize } from "node:v8";
import { memoryStore } from "@septum/store";
import { describe, expect, test } from "vitest";
import { startHarness } from "../testing/harness.ts";

/** A zigzag that no thinning makes shorter, on another slice for every `n`. */
const scribble = (n: number, points = 40) => ({
  kind: "scribble",
  axis: 2,
  slice_index: n % 8,
  points: Array.from({ length: points }, (_, at) => [1 + (at % 10), at % 2 === 0 ? 2 : 7]),
  radius: 1,
});

async function begin(store = memoryStore()) {
  const harness = await startHarness({ store });
  const { call } = harness;
  return {
    ...harness,
    draw: (id: string, n: number, points?: number) =>
      call(id, "POST", "/api/segments/1/prompts", { ...scribble(n, points), predict: false }),
    segments: async (id: string) => (await call(id, "GET", "/api/segments")).body.segments,
    drawings: (id: string) => [...store.blobs(id, "drawing-").keys()],
    recordBytes: (id: string) => serialize(store.get(id)).length,
  };
}

describe("lines that were drawn", () => {
  test("are written once, and are there after a restart", async () => {
    const store = memoryStore();
    const first = await begin(store);
    const id = await first.loaded();
    for (let n = 0; n < 5; n++) expect((await first.draw(id, n)).status).toBe(200);
    const few = first.recordBytes(id);
    for (let n = 5; n < 20; n++) await first.draw(id, n);
    const [segment] = await first.segments(id);
    expect(segment.prompts.map(({ points }: { points: unknown[] }) => points.length)).toEqual(Array(20).fill(40));
    // As much as its kind and place take.
    expect((first.recordBytes(id) - few) / 15).toBeLessThan(250);
    expect(first.drawings(id)).toHaveLength(20);
    await first.app.close();

    const second = await begin(store);
    expect(await second.segments(id)).toEqual([segment]);
    await second.draw(id, 3);
    expect(second.drawings(id)).toHaveLength(21);
    expect((await second.segments(id))[0].prompts.slice(0, 20)).toEqual(segment.prompts);
  });

  test("go when their prompts go, and come back with them", async () => {
    const { call, loaded, draw, segments, drawings } = await begin();
    const id = await loaded();
    for (let n = 0; n < 3; n++) await draw(id, n);
    const before = await segments(id);
    await call(id, "DELETE", "/api/segments/1/prompts/1");
    expect(drawings(id)).toHaveLength(2);
    await call(id, "POST", "/api/segments/1/reset");
    expect(drawings(id)).toEqual([]);
    await call(id, "POST", "/api/undo");
    await call(id, "POST", "/api/undo");
    expect(await segments(id)).toEqual(before);
    expect(drawings(id)).toHaveLength(3);
  });

  test("of a few points stay in the record", async () => {
    const { loaded, draw, segments, drawings } = await begin();
    const id = await loaded();
    await draw(id, 1, 3);
    expect(drawings(id)).toEqual([]);
    expect((await segments(id))[0].prompts[0].points).toHaveLength(3);
  });

  test("are written by the next change when one could not be", async () => {
    const store = memoryStore();
    const { commit } = store;
    const { call, loaded, draw, segments, drawings, app } = await begin(store);
    const id = await loaded();
    await draw(id, 0);
    store.commit = async () => {
      throw Object.assign(new Error("no space left"), { name: "StoreFull" });
    };
    expect((await draw(id, 1)).status).toBeGreaterThanOrEqual(500);
    expect((await call(id, "DELETE", "/api/segments/1/prompts/0")).status).toBeGreaterThanOrEqual(500);
    store.commit = commit;
    expect((await segments(id))[0].prompts).toHaveLength(1);
    await draw(id, 2);
    const now = await segments(id);
    expect([now[0].prompts.length, drawings(id).length]).toEqual([2, 2]);
    await app.close();
    expect(await (await begin(store)).segments(id)).toEqual(now);
  });
});
