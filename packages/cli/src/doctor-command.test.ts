import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newWorkplace, septum } from "./testing.ts";

let place: Awaited<ReturnType<typeof newWorkplace>>;

beforeAll(async () => {
  place = await newWorkplace();
});

afterAll(() => place?.remove());

interface Report {
  readonly ok: boolean;
  readonly findings: readonly { readonly check: string; readonly state: string; readonly says: string }[];
}

describe("septum doctor", () => {
  test("goes through everything, trying the network, and leaves no data folder behind", async () => {
    const data = place.file("data");
    const { out, err, code } = await septum(["doctor", "--json", "--data", data, "--port", "0", "--device", "cpu"]);
    const { ok, findings } = JSON.parse(out) as Report;
    const names = ["node", "memory", "data", "disk", "sessions", "port", "app", "model", "device"];
    expect(findings.map(({ check }) => check)).toEqual(names);
    expect(findings.find(({ check }) => check === "device")).toMatchObject({
      state: "ok",
      says: "the network runs on cpu",
    });
    // Whether the app is built, and how much memory and disk there is, is this machine's affair.
    const failed = findings.filter(({ state }) => state === "fail");
    expect(failed.filter(({ check }) => !["app", "memory", "disk"].includes(check))).toEqual([]);
    expect([ok, code, err]).toEqual(
      failed.length === 0 ? [true, 0, ""] : [false, 1, `septum: ${failed.length} of 9 checks failed`],
    );
  });

  test("prints a line for each check with the fix below it, and exits with 1 when one failed", async () => {
    await writeFile(place.file("file"), "");
    const { out, err, code } = await septum([
      "doctor",
      ...["--data", place.file("file/data"), "--model", place.file("nothing"), "--host", "203.0.113.7", "--open"],
    ]);
    expect(out).toContain(`ok    node      ${process.version}`);
    expect(out).toContain(
      `fail  data      ${place.file("file/data")}: a part of the path is not a folder\n                → choose another folder with --data (SEPTUM_DATA)`,
    );
    expect(out).toContain("fail  port      203.0.113.7 is not an address of this machine");
    expect(out).toMatch(/^fail {2}model .*nothing/m);
    expect(code).toBe(1);
    expect(err).toMatch(/^septum: [3-5] of 6 checks failed$/);
  });

  test("takes a wrong setting for what it is: a reason not to start", async () => {
    const { out, err, code } = await septum(["doctor", "--json"], { SEPTUM_PORT: "80000" });
    expect((JSON.parse(out) as Report).findings.at(-1)).toMatchObject({
      check: "settings",
      state: "fail",
      says: 'Cannot start: SEPTUM_PORT is "80000": expected a whole number from 0 to 65535',
    });
    expect([code, err]).toEqual([1, "septum: 1 of 2 checks failed"]);
  });
});
