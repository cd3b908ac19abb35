import { decodeFrame } from "@septum/protocol";
import { countBits, wholeBox } from "@septum/volume";
import { afterEach, describe, expect, test } from "vitest";
import { type Harness, size, startHarness } from "../testing/harness.ts";

let harness: Harness;

afterEach(() => harness?.app.close());

describe("previews", () => {
  test("are there from the first pass to the end, also of an object that is only just being made", async () => {
    let passes = 0;
    const seen: { status: number; number?: unknown; voxels?: number; bytes?: number }[] = [];
    const look = async () => {
      const { status, raw, headers } = await harness.call(id, "GET", "/api/segments/4/preview");
      if (status !== 200) return seen.push({ status, bytes: raw.length });
      const { box, data } = await decodeFrame(raw);
      expect(box).toEqual(wholeBox(size));
      return seen.push({ status, number: headers["x-septum-preview"], voxels: countBits(data as Uint8Array, 0, 960) });
    };
    harness = await startHarness({
      async onPass() {
        passes++;
        await look();
      },
    });
    const id = await harness.loaded();
    await look();
    const { body } = await harness.call(id, "POST", "/api/segments/4/prompts", { kind: "point", voxel: [6, 5, 4] });
    expect([passes, body.voxels]).toEqual([2, 125]);
    await look();
    const none = { status: 204, bytes: 0 };
    expect(seen).toEqual([none, none, { status: 200, number: "1", voxels: 125 }, none]);
  });

  test("are refused before there is a scan", async () => {
    harness = await startHarness();
    const { call } = harness;
    expect((await call(undefined, "GET", "/api/segments/9/preview")).body.code).toBe("no_image");
  });
});
