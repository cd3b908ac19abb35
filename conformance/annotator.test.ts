import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient, type SegmentSummary } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { annotatorCase } from "./annotator-case.ts";
import { findReaders } from "./annotator-files.ts";
import { type AnnotatorHand, annotatorHand, type Plane } from "./annotator-hand.ts";
import { count, differences, type SavedMasks, same, savedMasks } from "./annotator-masks.ts";
import { isIdle, isShown, screen, seenAfter } from "./annotator-screen.ts";
import { chromiumPath, openBrowser, watch } from "./browser.ts";
import { smallModel } from "./small-model.ts";
import { type RunningServer, startServer } from "./start-server.ts";

const pictures = fileURLToPath(new URL("../.cache/pictures/", import.meta.url));
const { path: scan, structures } = annotatorCase;

/** What the downloaded files are called here, by format. */
const files = {
  nifti: "labels.nii.gz",
  segments: "segments.zip",
  "seg.nrrd": "all.seg.nrrd",
  itksnap: "labels.txt",
  csv: "volumes.csv",
} as const;

/** For a machine with a lot of other work to do. */
const patience = 300_000;

/** How soon somebody else must see what the server has. */
const togetherMs = 500;
/** Once of three times is enough for that. On a machine with more to do than it has processors, this is all that is asked. */
const togetherAtMostMs = 20_000;

if (!chromiumPath) process.stdout.write("skipped: the annotator's day needs Chromium\n");
const readers = findReaders();
if (typeof readers === "string") process.stdout.write(`skipped: reading the annotator's files in Python: ${readers}\n`);

/** A day's work on a real scan, in order: each step builds on the one before. What the network finds is not looked at. */
describe.runIf(chromiumPath)("an annotator in a real browser", { timeout: patience }, () => {
  let model: string;
  let folder: string;
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let client: Client;
  let saved: SavedMasks;
  let orientation: string;
  let hand: AnnotatorHand;
  let seen: ReturnType<typeof watch>;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), "septum-annotator-"));
    model = smallModel();
    server = await startServer(["--model", model]);
    browser = await openBrowser();
    page = await newPage();
    seen = watch(page, new URL(server.url).origin);
    await page.goto(server.url);
    await page.locator('input[type="file"]').first().setInputFiles(scan);
    await isReady(page);
    client = createClient({ baseUrl: server.url, sessionId: await page.evaluate(() => window.septum?.sessionId) });
    const { image } = await client.status();
    if (!image) throw new Error("the server has no image");
    orientation = image.orientation;
    hand = annotatorHand(page, orientation);
    saved = savedMasks(client, image.shape);
    // Without the 3D view, which takes a processor most of the time.
    await page.getByText("Three", { exact: true }).click();
  }, patience);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    for (const path of [model, folder]) if (path) rmSync(path, { recursive: true });
  });

  it("segments the first structure on axial slices, live", async () => {
    const [{ name, voxel }] = structures;
    const at = await begin(1, name, voxel, "axial");
    await hand.choose("point");
    await hand.draw("axial", [voxel]);
    await hand.choose("box");
    await hand.draw("axial", [at(-6, -6), at(5, 6)]);
    await page.keyboard.press("t");
    await hand.choose("scribble");
    await hand.draw("axial", [at(9, -8), at(10, 0), at(9, 8)]);
    await hand.choose("lasso");
    await hand.draw("axial", [at(-11, -6), at(-11, 6), at(-8, 6), at(-8, -6)]);
    await page.keyboard.press("t");
    expect(await promptsOf(1, 4)).toEqual(["+point", "+box", "-scribble", "-lasso"]);
  });

  it("segments the second on coronal slices, with a key held for the other sign", async () => {
    const [, { name, voxel }] = structures;
    const at = await begin(2, name, voxel, "coronal");
    await hand.choose("scribble");
    await hand.draw("coronal", [at(-4, -4), at(0, 1), at(4, 5)]);
    await hand.choose("lasso");
    await hand.draw("coronal", [at(-7, 0), at(0, 7), at(7, 0), at(0, -7)]);
    await page.keyboard.down("Control");
    await hand.choose("point");
    await hand.draw("coronal", [at(10, 10)]);
    await page.keyboard.up("Control");
    await page.keyboard.down("x");
    await hand.choose("box");
    await hand.draw("coronal", [at(-12, -12), at(-9, -8)]);
    await page.keyboard.up("x");
    expect(await promptsOf(2, 4)).toEqual(["+scribble", "+lasso", "-point", "-box"]);
  });

  it("segments the third on sagittal slices, collecting prompts and running them once", async () => {
    const [, , { name, voxel }] = structures;
    const at = await begin(3, name, voxel, "sagittal");
    await page.keyboard.press("y");
    await hand.choose("lasso");
    await hand.draw("sagittal", [at(-8, 0), at(0, 8), at(8, 0), at(0, -8)]);
    await hand.choose("point");
    await hand.draw("sagittal", [voxel]);
    await page.keyboard.press("t");
    await hand.choose("box");
    await hand.draw("sagittal", [at(9, 9), at(12, 12)]);
    await hand.choose("scribble");
    await hand.draw("sagittal", [at(-11, -8), at(-10, 6)]);
    await page.keyboard.press("t");
    expect(await promptsOf(3, 4)).toEqual(["+lasso", "+point", "-box", "-scribble"]);
    expect((await segment(3)).voxels).toBe(0);
    await page.keyboard.press("Control+Enter");
    await expect.poll(async () => (await segment(3)).voxels, { timeout: 120_000 }).toBeGreaterThan(0);
    await page.keyboard.press("y");
    await isIdle(page);
    await isShown(page, client);
    await shoot("annotator-segmented");
  });

  it("undoes and redoes across segments", async () => {
    const before = await saved.all();
    const { position } = await client.history();
    for (const n of [1, 2, 3, 4]) await travel("Control+z", position - n);
    expect(differences(before[2], (await saved.all())[2])).toBeGreaterThan(0);
    for (const n of [3, 2, 1, 0]) await travel("Control+y", position - n);
    expect(same(before, await saved.all())).toBe(true);
  });

  it("paints and erases", async () => {
    const [{ voxel }] = structures;
    await page.getByTestId("choose-1").click();
    await page.keyboard.press("o");
    await hand.goTo(voxel);
    await page.keyboard.press("o");
    const [from, to] = [hand.beside("axial", voxel, -4, -4), hand.beside("axial", voxel, -4, 4)];
    await hand.choose("eraser");
    const erased = await edited(1, () => hand.draw("axial", [from, to]));
    expect([from, to].map((voxel) => saved.has(erased, voxel))).toEqual([false, false]);
    await hand.choose("brush");
    const painted = await edited(1, () => hand.draw("axial", [from, to]));
    expect([from, to].map((voxel) => saved.has(painted, voxel))).toEqual([true, true]);
    expect(await promptsOf(1, 1)).toEqual(["+mask"]);
    await isIdle(page);
    await isShown(page, client);
  });

  it("grows a segment with a fix-up, and goes on from it with a prompt", async () => {
    const before = (await saved.all())[0];
    await page.getByTestId("fix-ups").click();
    const grown = await edited(1, () => page.getByRole("button", { name: "Grow", exact: true }).click());
    await page.keyboard.press("Escape");
    expect(count(grown)).toBeGreaterThan(count(before));
    expect(before.every((bit, n) => bit <= grown[n])).toBe(true);
    await hand.choose("point");
    await hand.draw("axial", [structures[0].voxel]);
    expect(await promptsOf(1, 2)).toEqual(["+mask", "+point"]);
    await isIdle(page);
  });

  it("takes voxels of one segment, and none of a locked one", async () => {
    const [first, , third] = structures;
    // Both have the voxels around their middle, and the second has none of them, before it takes them.
    for (const [owner, { voxel }] of [[1, first] as const, [3, third] as const]) {
      await stroke("eraser", 2, voxel, 6);
      await stroke("brush", owner, voxel, 4);
    }
    await page.getByTestId("lock-1").click();
    await expect.poll(async () => (await segment(1)).locked, { timeout: 60_000 }).toBe(true);
    const before = await saved.all();
    await page.getByText("Take", { exact: true }).click();

    await stroke("brush", 2, first.voxel, 3);
    await page.getByTestId("outcome").getByText(`of ${first.name} (locked)`).waitFor();
    await stroke("brush", 2, third.voxel, 3);
    await page
      .getByTestId("outcome")
      .getByText(new RegExp(`took .* from ${third.name}`, "i"))
      .waitFor();
    await page.getByText("Overlap", { exact: true }).click();
    await shoot("annotator-taken");

    const after = await saved.all();
    expect(differences(before[0], after[0]), "voxels of the locked segment that changed").toBe(0);
    expect(saved.has(after[1], first.voxel)).toBe(false);
    expect(saved.has(after[1], third.voxel)).toBe(true);
    expect(saved.has(after[2], third.voxel)).toBe(false);
    const lost = before[2].filter((bit, n) => bit > after[2][n]).length;
    const gained = after[1].filter((bit, n) => bit > before[1][n] && before[2][n] > 0).length;
    expect(lost).toBe(gained);
  });

  it("finds everything again after a reload", async () => {
    await page.getByTestId("state-3").click();
    await page.getByRole("button", { name: `Undo: ${structures[2].name} is done`, exact: true }).waitFor();
    const before = { screen: await screen(page), segments: await segments(), masks: await saved.all() };
    await page.reload();
    await isReady(page);
    await isIdle(page);
    await isShown(page, client);
    await expect.poll(() => screen(page), { timeout: 60_000 }).toEqual(before.screen);
    expect(await segments()).toEqual(before.segments);
    expect(same(before.masks, await saved.all())).toBe(true);
  });

  it("undoes what was done before the reload, and redoes it", async () => {
    const before = await saved.all();
    const { position } = await client.history();
    for (const n of [1, 2]) await travel("Control+z", position - n);
    for (const n of [1, 0]) await travel("Control+y", position - n);
    expect(same(before, await saved.all())).toBe(true);
  });

  it("sees what somebody else's browser does, and is seen", async () => {
    const other = await newPage();
    await other.goto(`${server.url}/?session=${await page.evaluate(() => window.septum?.sessionId)}`);
    await isReady(other);
    for (const one of [page, other]) await one.getByTestId("people").getByRole("listitem").nth(1).waitFor();
    await isIdle(page);
    await isShown(other, client);
    const theirs = annotatorHand(other, orientation);
    await other.getByText("Three", { exact: true }).click();
    await page.getByTestId("choose-2").click();
    await other.getByTestId("choose-2").click();
    await page.keyboard.press("o");
    await hand.goTo(structures[1].voxel);
    await page.keyboard.press("o");
    await other.waitForFunction(() => window.septum?.screenPosition([0, 0, 0], "coronal") !== undefined);

    const waits: number[] = [];
    await hand.choose("point");
    for (const shift of [-6, 0, 6]) {
      const voxel = hand.beside("coronal", structures[1].voxel, shift, 3);
      waits.push(await seenAfter(page, other, await segment(2), client, () => hand.draw("coronal", [voxel])));
    }
    process.stdout.write(
      `the other browser saw prompt and mask ${waits.map(Math.round).join(", ")} ms after the server had them\n`,
    );
    const busy = loadavg()[0] > cpus().length;
    expect(Math.min(...waits)).toBeLessThan(busy ? togetherAtMostMs : togetherMs);
    expect(Math.max(...waits)).toBeLessThan(togetherAtMostMs);

    await other.keyboard.press("o");
    await theirs.goTo(structures[1].voxel);
    await theirs.choose("point");
    const before = (await segment(2)).prompts.length;
    await theirs.draw("coronal", [theirs.beside("coronal", structures[1].voxel, -6, -5)]);
    await page.getByTestId(`prompt-${before}`).waitFor();
    await expect.poll(async () => (await segment(2)).prompts.length, { timeout: 60_000 }).toBe(before + 1);
    await isIdle(page);
    await isShown(page, client);
    await isShown(other, client);
    await other.screenshot({ path: `${pictures}annotator-other.png` });
    await other.context().close();
  });

  it("downloads every kind of file, each verified", async () => {
    await isIdle(page);
    await page.getByTestId("downloads").click();
    for (const [format, name] of Object.entries(files)) {
      await page.getByTestId(`format-${format}`).click();
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("download").click()]);
      copyFileSync(await download.path(), join(folder, name));
      await page.getByTestId("verified").getByText("holds what is saved").waitFor();
    }
    await shoot("annotator-downloads");
    await page.keyboard.press("Escape");
    const labels = readFileSync(join(folder, files.itksnap), "utf8");
    for (const { value, name } of await segments()) {
      expect(labels).toMatch(new RegExp(`^\\s+${value}(\\s+\\d+){3}\\s+1\\s+1\\s+1\\s+"${name}"`, "m"));
    }
  });

  it.runIf(typeof readers === "function")("wrote files that other programs read voxel by voxel the same", async () => {
    if (typeof readers === "string") return;
    copyFileSync(scan, join(folder, "scan.nii.gz"));
    const all = await segments();
    for (const [n, mask] of (await saved.all()).entries())
      writeFileSync(join(folder, `mask-${all[n].value}.raw`), mask);
    const { data: merged } = await client.mask();
    writeFileSync(join(folder, "merged.raw"), Uint16Array.from(merged));
    const found = await readers(folder);

    const voxels = Object.fromEntries(all.map(({ value, voxels }) => [value, voxels]));
    expect(found.voxels).toEqual(voxels);

    const map = found.label_map;
    expect(map).toMatchObject({ type: "uint8", differing: 0, uncovered: 0, itk_differing: 0 });
    expect(map).toMatchObject({ stray: { 1: 0, 2: 0, 3: 0 }, itk_geometry: true });
    expect(map.affine_error).toBeLessThan(1e-4);
    expect(map.alone[1], "voxels of the locked segment in the label map").toBe(voxels[1]);

    expect(Object.values(found.segments).map(({ value, values }) => ({ value, values }))).toEqual(
      expect.arrayContaining([1, 2, 3].map((value) => ({ value, values: [0, 1] }))),
    );
    expect(Object.keys(found.segments)).toHaveLength(3);
    for (const { affine_error } of Object.values(found.segments)) expect(affine_error).toBeLessThan(1e-4);

    expect(found.slicer.affine_error).toBeLessThan(1e-4);
    expect(found.slicer.segments).toEqual(all.map(({ name, value }) => ({ name, value, differing: 0 })));
    expect(found.table.map(({ name, voxels }) => [name, Number(voxels)])).toEqual(
      all.map(({ name, voxels }) => [name, voxels]),
    );
    process.stdout.write(`read in Python: ${JSON.stringify(voxels)} voxels, none differs\n`);
  });

  it("shows nothing wrong in the console", () => {
    expect(seen.strangers).toEqual([]);
    expect(seen.complaints).toEqual([]);
  });

  async function newPage(): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
    const one = await context.newPage();
    one.setDefaultTimeout(120_000);
    return one;
  }

  async function isReady(one: Page): Promise<void> {
    await one.waitForFunction(() => window.septum?.ready, undefined, { timeout: 180_000 });
  }

  /** An empty segment of that name, looked at where the structure is; what comes back gives voxels beside that one. */
  async function begin(label: number, name: string, voxel: Vec3, plane: Plane) {
    await hand.goTo(voxel);
    await page.getByTestId("new-segment").click();
    await page.getByTestId(`name-${label}`).click();
    await page.keyboard.type(name);
    await page.keyboard.press("Enter");
    await expect.poll(async () => (await segment(label)).name, { timeout: 60_000 }).toBe(name);
    return (rows: number, columns: number) => hand.beside(plane, voxel, rows, columns);
  }

  async function segments(): Promise<readonly SegmentSummary[]> {
    return (await client.segments()).segments;
  }

  async function segment(label: number): Promise<SegmentSummary> {
    const found = (await segments()).find((one) => one.label === label);
    if (!found) throw new Error(`there is no segment ${label}`);
    return found;
  }

  /** Signs and kinds of a segment's prompts, once there are so many and nothing runs. */
  async function promptsOf(label: number, count: number): Promise<readonly string[]> {
    await expect.poll(async () => (await segment(label)).prompts.length, { timeout: 120_000 }).toBe(count);
    await isIdle(page);
    return (await segment(label)).prompts.map(({ positive, kind }) => `${positive ? "+" : "-"}${kind}`);
  }

  /** Undoes or redoes by keys, until the page says that so many steps are in effect and shows them. */
  async function travel(keys: string, to: number): Promise<void> {
    const { steps } = await client.history();
    await page.keyboard.press(keys);
    await expect.poll(async () => (await client.history()).position, { timeout: 60_000 }).toBe(to);
    await page.getByRole("button", { name: `Undo: ${steps[to - 1].name}`, exact: true }).waitFor();
    await isIdle(page);
    await isShown(page, client);
  }

  /** The segment's mask after a change by hand, also where nothing was left to change. */
  async function edited(label: number, act: () => Promise<void>): Promise<Uint8Array> {
    const answered = page.waitForResponse((response) => {
      return response.request().method() === "POST" && new URL(response.url()).pathname.endsWith("/edits");
    });
    await act();
    expect((await answered).status()).toBe(200);
    await isIdle(page);
    return saved.of(label);
  }

  /** Paints or erases across a voxel, in the axial plane through it. */
  async function stroke(tool: "brush" | "eraser", label: number, voxel: Vec3, reach: number): Promise<Uint8Array> {
    await page.getByTestId(`choose-${label}`).click();
    await page.keyboard.press("o");
    await hand.goTo(voxel);
    await page.keyboard.press("o");
    await hand.choose(tool);
    const ends = [-reach, reach].map((columns) => hand.beside("axial", voxel, 0, columns));
    return edited(label, () => hand.draw("axial", ends));
  }

  async function shoot(name: string): Promise<void> {
    await page.screenshot({ path: `${pictures}${name}.png` });
  }
});
