import { decodeFrame, unpackBits } from "@septum/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { type Harness, type HarnessOptions, scan, startHarness, upload } from "../testing/harness.ts";

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(() => harness?.app.close());

describe("POST /api/run_segmentation", () => {
  test("makes one object per point; what two want belongs to the lower number", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [6, 5, 4], point_number: 2 });
    await call(id, "POST", "/api/mark_point", { voxel: [5, 5, 4], point_number: 1 });
    await call(id, "POST", "/api/mark_point", { voxel: [5, 5, 4], point_number: 3 });
    const { body } = await call(id, "POST", "/api/run_segmentation");
    expect(body).toMatchObject({
      status: "completed",
      message: "3 objects segmented",
      session_id: id,
      unique_labels: [1, 2],
    });
    expect(
      body.segments.map(({ label, voxels, unchanged, passes }: Record<string, unknown>) => [
        label,
        voxels,
        unchanged,
        passes,
      ]),
    ).toEqual([
      [1, 125, false, 2],
      [2, 125, false, 2],
      [3, 125, false, 2],
    ]);
    const frame = await decodeFrame((await call(id, "GET", "/api/mask")).raw);
    const counts = [0, 0, 0, 0];
    for (const label of frame.data) counts[label]++;
    expect(counts.slice(1)).toEqual([125, 25, 0]);
  });

  test("keeps objects made by exactly this point, makes moved ones anew, and runs only the chosen", async () => {
    const { call, loaded, engine } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [2, 2, 2] });
    await call(id, "POST", "/api/mark_point", { voxel: [9, 8, 6] });
    expect((await call(id, "POST", "/api/run_segmentation", { numbers: [2] })).body.unique_labels).toEqual([2]);
    expect((await call(id, "POST", "/api/run_segmentation")).body.message).toBe("1 object segmented, 1 unchanged");
    expect(engine.applied).toHaveLength(2);
    await call(id, "POST", "/api/mark_point", { voxel: [6, 6, 4], point_number: 1 });
    const { body } = await call(id, "POST", "/api/run_segmentation");
    expect(body.segments.map(({ unchanged }: { unchanged: boolean }) => unchanged)).toEqual([false, true]);
    expect((await call(id, "POST", "/api/run_segmentation")).body).toMatchObject({
      status: "unchanged",
      message: "Nothing to do: 2 objects unchanged since the last run",
    });
    const frame = await decodeFrame((await call(id, "GET", "/api/mask?label=1")).raw);
    const mask = unpackBits(frame.data as Uint8Array, 960);
    expect([mask[2 + 12 * (2 + 10 * 2)], mask[6 + 12 * (6 + 10 * 4)]]).toEqual([0, 1]);
  });

  test("keeps an object that was refined, and makes one anew that was emptied", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await call(id, "POST", "/api/run_segmentation");
    await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [3, 3, 3], positive: false });
    expect((await call(id, "POST", "/api/run_segmentation")).body.status).toBe("unchanged");
    await call(id, "POST", "/api/segments/1/reset");
    expect((await call(id, "POST", "/api/run_segmentation")).body.segments[0]).toMatchObject({
      voxels: 125,
      unchanged: false,
    });
  });

  test("takes an empty JSON body as none", async () => {
    const { call, loaded } = await start();
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    expect((await call(id, "POST", "/api/run_segmentation", "", { "content-type": "application/json" })).status).toBe(
      200,
    );
  });

  test("refuses a second run of the session while one is going on, and leaves a removed point out", async () => {
    let reached = () => {};
    let release = () => {};
    const inPass = new Promise<void>((resolve) => (reached = resolve));
    const held = new Promise<void>((resolve) => (release = resolve));
    const { call, loaded } = await start({
      onPass: (_, signal) => {
        reached();
        return Promise.race([
          held,
          new Promise<void>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
        ]);
      },
    });
    const id = await loaded();
    await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
    await call(id, "POST", "/api/mark_point", { voxel: [8, 7, 5] });
    const run = call(id, "POST", "/api/run_segmentation");
    await inPass;
    const second = await call(id, "POST", "/api/run_segmentation");
    expect([second.status, second.body.code]).toEqual([409, "run_in_progress"]);
    expect((await call(id, "GET", "/api/status")).body.running).toEqual({ numbers: [1, 2] });
    expect((await call(id, "DELETE", "/api/remove_point/1")).status).toBe(200);
    release();
    const { body } = await run;
    expect(body.unique_labels).toEqual([2]);
    expect((await call(id, "GET", "/api/status")).body.running).toBeNull();
  });

  test("ends when its session is deleted, and when another image arrives", async () => {
    const holds: (() => void)[] = [];
    let reached = () => {};
    const { call, loaded } = await start({
      onPass: (label, signal) => {
        if (label === 1) return Promise.resolve();
        reached();
        return new Promise<void>((resolve, reject) => {
          holds.push(resolve);
          signal?.addEventListener("abort", () =>
            reject(new DOMException("as it comes out of a thread", "AbortError")),
          );
        });
      },
    });
    for (const end of ["delete", "upload"] as const) {
      const id = await loaded();
      await call(id, "POST", "/api/mark_point", { voxel: [3, 3, 3] });
      await call(id, "POST", "/api/mark_point", { voxel: [8, 7, 5] });
      const inPass = new Promise<void>((resolve) => (reached = resolve));
      const run = call(id, "POST", "/api/run_segmentation");
      await inPass;
      if (end === "delete") await call(id, "DELETE", `/api/session/${id}`);
      else expect((await upload(harness, id, scan())).status).toBe(200);
      const { status, body } = await run;
      expect([status, body.code]).toEqual(end === "delete" ? [410, "session_deleted"] : [409, "aborted"]);
    }
  });
});
