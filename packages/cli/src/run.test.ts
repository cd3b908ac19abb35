import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readImageFile } from "./image-file.ts";
import type { SegmentReport } from "./segment-command.ts";
import { newWorkplace, saveVolume, septum, volumeOf } from "./testing.ts";

let place: Awaited<ReturnType<typeof newWorkplace>>;
let env: Record<string, string>;

/** An ellipsoid of 900 in noise-free tissue of 40 with a wavy background, on an oblique grid. */
const size = [44, 30, 18] as const;
const inside = (i: number, j: number, k: number) => ((i - 20) / 12) ** 2 + ((j - 14) / 7) ** 2 + ((k - 9) / 5) ** 2 < 1;
const scan = volumeOf(new Int16Array(44 * 30 * 18), [...size], (i, j, k) =>
  inside(i, j, k) ? 900 : 40 + Math.round(20 * Math.sin(i / 3 + j / 5 + k)),
);

beforeAll(async () => {
  place = await newWorkplace();
  env = {
    XDG_CACHE_HOME: place.file("cache"),
    LOCALAPPDATA: place.file("cache"),
    NNINTERACTIVE_MODEL_DIR: place.file("models"),
  };
  await saveVolume(place.file("scan.nii"), scan);
  await saveVolume(
    place.file("scribble.nii"),
    volumeOf(new Uint8Array(scan.data.length), [...size], (i, j, k) =>
      k === 9 && j === 14 && i > 14 && i < 26 ? 1 : 0,
    ),
  );
  await place.writeJson("prompts.json", [
    { kind: "point", voxel: [20, 14, 9] },
    { kind: "point", voxel: [2, 2, 9], positive: false, predict: false },
    { kind: "scribble", mask: "scribble.nii" },
    {
      kind: "box",
      box: [
        [8, 33],
        [7, 22],
        [9, 10],
      ],
    },
    { kind: "undo" },
  ]);
});
afterAll(() => place.remove());

const segment = (...more: string[]) =>
  septum(
    [
      "segment",
      place.file("scan.nii"),
      "--prompts",
      place.file("prompts.json"),
      "--device",
      "cpu",
      "--threads",
      "2",
      ...more,
    ],
    env,
  );

describe("septum segment", () => {
  it("segments a bright ellipsoid with the built-in model, on the scan's own grid, the same each time", async () => {
    const [out, report] = [place.file("mask.nii.gz"), place.file("report.json")];
    const first = await segment("--out", out, "--report", report);
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toMatch(/^light-v2 \(licence CC0-1\.0\) on cpu\n1 point: \d+ voxels, \d+ pass/);

    const mask = await readImageFile(out);
    expect(mask.volume.data).toBeInstanceOf(Uint8Array);
    expect(mask.volume.size).toEqual(size);
    expect(mask.volume.affine).toEqual((await readImageFile(place.file("scan.nii"))).volume.affine);
    const written = JSON.parse(await readFile(report, "utf8")) as SegmentReport;
    const count = (mask.volume.data as Uint8Array).reduce((sum, value) => sum + value, 0);
    expect(count).toBe(written.voxels);
    expect(dice(mask.volume.data as Uint8Array)).toBeGreaterThan(0.7);

    const { prompts } = written;
    expect(prompts.map(({ kind }) => kind)).toEqual(["point", "point", "scribble", "box", "undo"]);
    expect(prompts[0].passes).toBe(prompts[0].zooms.length + prompts[0].boxes.length);
    expect(prompts[1]).toMatchObject({ zooms: [], passes: 0, changed_box: null, voxels: prompts[0].voxels });
    expect(prompts[4].voxels).toBe(prompts[2].voxels);
    expect(prompts[0].seconds_in_network).toBeGreaterThan(0);
    expect(prompts[0].seconds_outside_network).toBeGreaterThan(0);

    const again = place.file("again.nii");
    expect((await segment("--out", again)).code).toBe(0);
    expect((await readImageFile(again)).volume.data).toEqual(mask.volume.data);
    expect((await readdir(place.folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("stops zooming with --no-autozoom", async () => {
    const report = place.file("report-zoom.json");
    expect((await segment("--no-autozoom", "--out", place.file("zoom.nii"), "--report", report)).code).toBe(0);
    const { prompts, autozoom } = JSON.parse(await readFile(report, "utf8")) as SegmentReport;
    expect(autozoom).toBe(false);
    expect(prompts.every(({ zooms }) => zooms.length <= 1)).toBe(true);
  });

  it("says which prompt cannot be used, and leaves the earlier mask alone", async () => {
    const out = place.file("kept.nii");
    await writeFile(out, "earlier");
    await place.writeJson("outside.json", [{ kind: "point", voxel: [44, 0, 0] }]);
    const { code, err } = await segment("--out", out, "--prompts", place.file("outside.json"));
    expect(code).toBe(1);
    expect(err).toMatch(
      /^septum: Prompt 1 \(point\): Cannot place point at voxel \[44, 0, 0\]: volume size is \[44, 30, 18\]/,
    );
    expect(err).not.toContain("\n");
    expect(await readFile(out, "utf8")).toBe("earlier");
  });

  it("says that there is nothing to undo", async () => {
    await place.writeJson("undo.json", [{ kind: "undo" }]);
    const { code, err } = await segment("--out", place.file("x.nii"), "--prompts", place.file("undo.json"));
    expect([code, err]).toEqual([1, "septum: Prompt 1 (undo): there is no prompt to undo"]);
  });

  it.each([
    [
      "an output that is no NIfTI",
      ["--out", "mask.png"],
      2,
      "septum: --out mask.png: the name has to end in .nii.gz or .nii",
    ],
    [
      "a folder that is not there",
      ["--out", "/none/m.nii"],
      1,
      "septum: Cannot write to the folder of /none/m.nii: no such file or folder",
    ],
    ["a model that is not there", ["--out", "m.nii", "--model", "/none"], 1, "septum: There is no model folder /none"],
    [
      "a model of the catalogue that is not downloaded",
      ["--out", "m.nii", "--model", "nnInteractive_v1.0"],
      1,
      "septum: The model nnInteractive_v1.0 is not on this machine. To get it: septum models download nnInteractive_v1.0",
    ],
    [
      "a seed that is no number",
      ["--out", "m.nii", "--seed", "x"],
      2,
      /^septum: option '--seed <number>' argument 'x' is invalid\./,
    ],
    [
      "an unknown device",
      ["--out", "m.nii", "--device", "gpu"],
      2,
      /^septum: option '--device <name>' argument 'gpu' is invalid\./,
    ],
    ["an unknown flag", ["--out", "m.nii", "--zoom"], 2, "septum: unknown option '--zoom'"],
    ["no output", [], 2, "septum: required option '--out <file>' not specified"],
  ])("refuses %s", async (_what, more, code, message) => {
    const answer = await segment(...more);
    expect(answer.code).toBe(code);
    expect(answer.err).toMatch(message);
    expect(answer.out).toBe("");
  });

  it("does not write over what it reads", async () => {
    const { code, err } = await segment("--out", place.file("scan.nii"));
    expect([code, err]).toEqual([2, "septum: IMAGE, --prompts, --out and --report have to be different files"]);
  });

  it("says what is wrong with an image", async () => {
    await writeFile(place.file("text.nii"), "no scan");
    const args = ["--prompts", place.file("prompts.json"), "--out", place.file("m.nii")];
    const { code, err } = await septum(["segment", place.file("text.nii"), ...args], env);
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`^septum: Cannot read ${place.file("text.nii")}: .+$`));
    const missing = await septum(["segment", place.file("none.nii"), ...args], env);
    expect(missing.err).toBe(`septum: Cannot read ${place.file("none.nii")}: no such file or folder`);
  });
});

describe("septum models", () => {
  it("lists from the kept copy when the hub is away, and says so", async () => {
    const manifest = {
      schema_version: 1,
      models: [{ id: "nnInteractive_a", display_name: "A", path: "nnInteractive_a" }],
    };
    await mkdir(place.file("models"), { recursive: true });
    await writeFile(place.file("models/models.json"), JSON.stringify(manifest));
    const answer = await septum(["models", "list"], { ...env, HF_ENDPOINT: "http://127.0.0.1:1" });
    expect(answer.code).toBe(0);
    expect(answer.out).toBe("nnInteractive_a\tA (default)\tnot downloaded");
    expect(answer.err).toMatch(/^http:\/\/127\.0\.0\.1:1 cannot be reached \(.+\); this is the list as last seen\.$/);
  });

  it("shows the licence, downloads only when it is accepted, and then knows the path", async () => {
    const served: Record<string, string> = { LICENSE: "Test licence", "plans.json": "{}" };
    const listing = Object.entries(served).map(([name, text]) => ({
      type: "file",
      path: `nnInteractive_a/${name}`,
      size: text.length,
    }));
    const server = createServer(({ url = "" }, response) => {
      const name = url.split("/").at(-1) ?? "";
      if (url.startsWith("/api/")) response.end(JSON.stringify(listing));
      else if (served[name]) response.end(served[name]);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const hub = { ...env, HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };

    const refused = await septum(["models", "download", "nnInteractive_a"], hub);
    expect(refused.code).toBe(1);
    expect(refused.err).toBe(
      "Licence of nnInteractive_a:\n\nTest licence\n\n" +
        "septum: To accept it and download: septum models download nnInteractive_a --accept-licence",
    );
    const missing = await septum(["models", "path", "nnInteractive_a"], hub);
    expect(missing.err).toContain("is not there or not whole. To get it: septum models download nnInteractive_a");

    const accepted = await septum(["models", "download", "nnInteractive_a", "--accept-licence"], hub);
    server.close();
    const folder = join(place.file("models"), "models", "nnInteractive_a");
    expect([accepted.code, accepted.out]).toEqual([0, folder]);
    expect(await readFile(join(folder, "plans.json"), "utf8")).toBe("{}");
    expect((await septum(["models", "path", "nnInteractive_a"], hub)).out).toBe(folder);
  });

  it("checks a model folder to the last weight", async () => {
    const builtIn = fileURLToPath(new URL("../../../models/light-v2", import.meta.url));
    const { code, out } = await septum(["models", "check", builtIn], env);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^light-v2: licence CC0-1\.0\npatch \[k, j, i\]: 80 × 80 × 80; prompts: .*points.*\n\d+ weights/,
    );
    const broken = await septum(["models", "check", place.folder], env);
    expect(broken.code).toBe(1);
    expect(broken.err).toMatch(/^septum: .+ is no model folder/);
  });
});

describe("septum", () => {
  const bin = fileURLToPath(new URL("../dist/main.js", import.meta.url));

  it("is a program: version, exit codes, and errors in one line without a stack", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [bin, "--version"]);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const failed = promisify(execFile)(process.execPath, [bin, "models", "check", place.file("none")]);
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^septum: [^\n]+\n$/) });
  });

  it("lists every setting of the server with its variable, and refuses a wrong one", async () => {
    const { code, out } = await septum(["serve", "--help"]);
    expect(code).toBe(0);
    for (const name of ["HOST", "PORT", "DATA", "MODEL", "SESSION_HOURS", "MAX_UPLOAD_MB", "ADMIN_TOKEN", "DEVICE"]) {
      expect(out).toContain(`SEPTUM_${name}`);
    }
    const wrong = await septum(["serve", "--port", "70000"]);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toBe('septum: Cannot start: --port is "70000": expected a whole number from 0 to 65535');
  });

  it("shows the commands when called without one", async () => {
    const { code, err } = await septum([]);
    expect(code).toBe(2);
    expect(err).toMatch(/^Usage: septum \[options\] \[command\]/);
  });
});

function dice(mask: Uint8Array): number {
  const truth = volumeOf(new Uint8Array(mask.length), [...size], (i, j, k) => (inside(i, j, k) ? 1 : 0)).data;
  const both = mask.reduce((sum, value, n) => sum + (value & truth[n]), 0);
  const sum = mask.reduce((total, value, n) => total + value + truth[n], 0);
  return (2 * both) / sum;
}
