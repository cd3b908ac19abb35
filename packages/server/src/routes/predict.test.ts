import { decodeFrame } from "@septum/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { type Harness, startHarness } from "../testing/harness.ts";

let harness: Harness;

afterEach(() => harness?.app.close());

describe("predict", () => {
  test("makes up for prompts that were added without it, as a part of the last one's step", async () => {
    harness = await startHarness();
    const { call, loaded } = harness;
    const id = await loaded();
    const waits = { kind: "point", voxel: [6, 5, 4], predict: false };
    expect((await call(id, "POST", "/api/segments/3/prompts", waits)).body.passes).toBe(0);
    const { body } = await call(id, "POST", "/api/segments/3/predict");
    expect(body).toMatchObject({ label: 3, voxels: 125, prompts: 1, passes: 2 });
    expect((await call(id, "GET", "/api/history")).body).toMatchObject({
      position: 1,
      steps: [{ name: "+ point, Label 3" }],
    });

    await call(id, "POST", "/api/undo");
    expect((await call(id, "GET", "/api/segments")).body.segments).toEqual([]);
    await call(id, "POST", "/api/redo");
    expect((await call(id, "GET", "/api/segments")).body.segments[0]).toMatchObject({ voxels: 125 });
  });

  test("is one step with what it takes from others, and one of its own when something was done since", async () => {
    harness = await startHarness();
    const { call, loaded } = harness;
    const id = await loaded();
    const at = (i: number) => ({ kind: "point", voxel: [i, 4, 3] });
    const voxels = async () =>
      (await call(id, "GET", "/api/segments")).body.segments.map(({ voxels }: { voxels: number }) => voxels);
    const names = async () =>
      (await call(id, "GET", "/api/history")).body.steps.map(({ name }: { name: string }) => name);
    await call(id, "POST", "/api/segments/1/prompts", at(3));
    await call(id, "POST", "/api/segments/2/prompts", { ...at(6), predict: false });
    const taking = await call(id, "POST", "/api/segments/2/predict?others=take");
    expect(taking.body).toMatchObject({ taken: [{ label: 1, voxels: 50 }], voxels: 125 });
    await call(id, "POST", "/api/undo");
    expect(await voxels()).toEqual([125]);
    await call(id, "POST", "/api/redo");

    await call(id, "POST", "/api/segments/2/prompts", { ...at(9), predict: false });
    await call(id, "PATCH", "/api/segments/1", { name: "liver" });
    await call(id, "POST", "/api/segments/2/predict");
    expect(await names()).toEqual([
      "+ point, Label 1",
      "+ point, Label 2",
      "+ point, Label 2",
      "renamed 1 to liver",
      "prediction, Label 2",
    ]);
    await call(id, "POST", "/api/undo");
    expect((await call(id, "POST", "/api/segments/2/predict")).body.passes).toBe(2);
  });

  test("answers with the frame of the changed box, and with none when nothing waited", async () => {
    harness = await startHarness();
    const { call, loaded } = harness;
    const id = await loaded();
    await call(id, "POST", "/api/segments/3/prompts", { kind: "point", voxel: [6, 5, 4], predict: false });
    const first = await call(id, "POST", "/api/segments/3/predict?frame=mask", { full: true });
    const { box } = await decodeFrame(first.raw);
    expect(JSON.parse(String(first.headers["x-septum-result"]))).toMatchObject({ changed_box: box, passes: 2 });
    const { body } = await call(id, "GET", "/api/status");

    const again = await call(id, "POST", "/api/segments/3/predict?frame=mask");
    expect(again.raw).toHaveLength(0);
    expect(JSON.parse(String(again.headers["x-septum-result"]))).toMatchObject({ changed_box: null, passes: 0 });
    expect((await call(id, "GET", "/api/status")).body.mask_revision).toBe(body.mask_revision);
  });

  test("of an object that is not there is refused, and so is one without an image", async () => {
    harness = await startHarness();
    const { call, loaded } = harness;
    const { status, body } = await call(await loaded(), "POST", "/api/segments/3/predict");
    expect([status, body.code]).toEqual([404, "segment_not_found"]);
    expect(body.detail).toBe("There is no object 3: nothing has been segmented yet");
    expect((await call(undefined, "POST", "/api/segments/3/predict")).body.code).toBe("no_image");
  });
});
