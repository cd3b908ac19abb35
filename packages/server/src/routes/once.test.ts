import { memoryStore } from "@septum/store";
import { expect, test } from "vitest";
import { start } from "../../test/start.ts";
import { type Harness, scan, upload } from "../testing/harness.ts";

const point = { kind: "point", voxel: [3, 3, 3] };
const under = (key: string) => ({ "idempotency-key": key });

async function stepNames({ call }: Harness, id: string): Promise<string[]> {
  const { body } = await call(id, "GET", "/api/history");
  return body.steps.slice(0, body.position).map(({ name }: { name: string }) => name);
}

test("what was asked for under a key is done once, and said to be done when it is asked for again", async () => {
  const harness = await start();
  const { call, loaded } = harness;
  const id = await loaded();
  const calls = [
    ["POST", "/api/mark_point", { voxel: [3, 3, 3] }, "marked point 1"],
    ["POST", "/api/segments", { name: "liver" }, "new segment, liver"],
    ["POST", "/api/segments/2/prompts", point, "+ point, liver"],
    ["PATCH", "/api/segments/2/prompts/0", { positive: false }, "flipped prompt 1 of liver"],
    ["DELETE", "/api/segments/2/prompts/0", undefined, "removed prompt 1 of liver"],
    [
      "POST",
      "/api/segments/2/edits",
      { kind: "paint", add: true, axis: 2, radius_mm: 3, path: [[4, 4, 3]] },
      "brush, liver",
    ],
    ["POST", "/api/segments/2/reset", undefined, "reset liver"],
    ["DELETE", "/api/segments/2", undefined, "removed liver"],
    ["DELETE", "/api/remove_point/1", undefined, "removed point 1"],
  ] as const;
  const done: string[] = [];
  for (const [method, url, body, step] of calls) {
    const first = await call(id, method, url, body, under(url + method));
    expect(first.body, url).not.toHaveProperty("code");
    done.push(step);
    const again = await call(id, method, url, body, under(url + method));
    expect([again.status, again.body.code], url).toEqual([409, "already_done"]);
    expect(await stepNames(harness, id)).toEqual(done);
  }
  expect((await call(id, "POST", "/api/undo", undefined, under("back"))).body.position).toBe(done.length - 1);
  expect((await call(id, "POST", "/api/undo", undefined, under("back"))).body.code).toBe("already_done");
  expect((await call(id, "POST", "/api/redo", undefined, under("forth"))).body.position).toBe(done.length);
});

test("a call that comes while the first is still at work waits for it", async () => {
  const harness = await start();
  const { call, loaded } = harness;
  const id = await loaded();
  const answers = await Promise.all(
    [1, 2, 3].map(() => call(id, "POST", "/api/segments/1/prompts", point, under("once"))),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  const marks = await Promise.all(
    [1, 2].map(() => call(id, "POST", "/api/mark_point", { voxel: [1, 1, 1] }, under("mark"))),
  );
  expect(marks.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(await stepNames(harness, id)).toEqual(["+ point, Label 1", "marked point 2"]);
});

test("what was refused may be asked for again under its key, and so may another thing under another", async () => {
  const harness = await start();
  const { call, loaded } = harness;
  const id = await loaded();
  const outside = { kind: "point", voxel: [30, 3, 3] };
  expect((await call(id, "POST", "/api/segments/1/prompts", outside, under("a"))).body.code).toBe("outside_volume");
  expect((await call(id, "POST", "/api/segments/1/prompts", point, under("a"))).status).toBe(200);
  expect((await call(id, "POST", "/api/segments/1/prompts", point, under("b"))).status).toBe(200);
  expect((await call(id, "POST", "/api/segments/1/prompts", point)).status).toBe(200);
  expect(await stepNames(harness, id)).toHaveLength(3);
});

test("keys outlive the server, and are another session's own", async () => {
  const store = memoryStore();
  const before = await start({ store });
  const id = await before.loaded();
  await before.call(id, "POST", "/api/segments/1/prompts", point, under("once"));
  await before.app.close();
  const after = await start({ store });
  expect((await after.call(id, "POST", "/api/segments/1/prompts", point, under("once"))).body.code).toBe(
    "already_done",
  );
  const other = await after.loaded();
  expect((await after.call(other, "POST", "/api/segments/1/prompts", point, under("once"))).status).toBe(200);
});

test("keys outlast another upload: what was done on the scan before is not done again on the new one", async () => {
  const harness = await start();
  const { call, loaded } = harness;
  const id = await loaded();
  await call(id, "POST", "/api/segments/1/prompts", point, under("once"));
  expect((await upload(harness, id, scan())).status).toBe(200);
  const { body } = await call(id, "POST", "/api/segments/1/prompts", point, under("once"));
  expect(body.code).toBe("already_done");
  expect(await stepNames(harness, id)).toEqual([]);
});

test("a key that is none is refused with what one looks like", async () => {
  const { call, loaded } = await start();
  const id = await loaded();
  for (const key of ["", "two words", "k".repeat(65), "käse"]) {
    const { status, body } = await call(id, "POST", "/api/segments/1/prompts", point, under(key));
    expect([status, body.code]).toEqual([400, "bad_request"]);
    expect(body.detail).toContain("1 to 64 printable ASCII characters");
  }
});
