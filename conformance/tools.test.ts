import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Client, createClient, type PromptSummary } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// What the page shows to tests, as `window.septum`.
import type {} from "../packages/app/src/test-hook.ts";
import { chromiumPath, openBrowser, watch } from "./browser.ts";
import { obliqueScan, obliqueSize } from "./oblique-scan.ts";
import { smallModel } from "./small-model.ts";
import { type RunningServer, startServer } from "./start-server.ts";

const pictures = fileURLToPath(new URL("../.cache/pictures/", import.meta.url));

/** The file's axis that each plane of the scan looks along: `i` runs head to feet, `j` right to left, `k` back to front. */
const planes = { axial: 0, sagittal: 1, coronal: 2 } as const;
type Plane = keyof typeof planes;

if (!chromiumPath) process.stdout.write("skipped: the tests of the drawing tools need Chromium\n");

/** Drawn with a real pointer on an oblique scan with turned axes; what the server has must be the voxels drawn on. */
describe.runIf(chromiumPath)("the drawing tools in a real browser", { timeout: 300_000 }, () => {
  let model: string;
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let client: Client;
  let seen: ReturnType<typeof watch>;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    model = smallModel();
    server = await startServer(["--model", model]);
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(120_000);
    seen = watch(page, new URL(server.url).origin);
    await page.goto(server.url);
    const file = { name: "oblique.nii.gz", mimeType: "application/gzip", buffer: obliqueScan() };
    await page.locator('input[type="file"]').first().setInputFiles(file);
    await page.waitForFunction(() => window.septum?.ready, undefined, { timeout: 120_000 });
    client = createClient({ baseUrl: server.url, sessionId: await page.evaluate(() => window.septum?.sessionId) });
    // Without the 3D view, which takes a processor most of the time.
    await page.getByText("Three", { exact: true }).click();
    // Prompts are what is looked at here; the network's answer to each is not waited for.
    await page.getByText("Collect", { exact: true }).click();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    if (model) rmSync(model, { recursive: true });
  });

  it.each(Object.keys(planes) as Plane[])("draws points, boxes, scribbles and lassos on %s slices", async (plane) => {
    const axis = planes[plane];
    const on = await sliceOf(axis);
    await newSegment();
    const [row, column] = [0, 1, 2].filter((d) => d !== axis);
    const at = (r: number, c: number): Vec3 => {
      const voxel = [0, 0, 0];
      voxel[axis] = on;
      voxel[row] = r;
      voxel[column] = c;
      return [voxel[0], voxel[1], voxel[2]];
    };

    await choose("box");
    await draw(plane, [at(8, 9), at(15, 21)]);
    await choose("scribble");
    await draw(plane, [at(6, 8), at(12, 8), at(18, 20)]);
    await page.keyboard.press("t");
    await choose("lasso");
    await draw(plane, [at(5, 5), at(5, 20), at(20, 20), at(20, 5)]);
    await page.keyboard.press("t");
    await choose("point");
    await draw(plane, [at(22, 23)]);

    const [box, scribble, lasso, point] = await prompts(4);
    const range = (d: number) => (d === axis ? [on, on + 1] : d === row ? [8, 16] : [9, 22]);
    expect(box).toMatchObject({ kind: "box", positive: true, box: [range(0), range(1), range(2)] });
    expect(scribble).toMatchObject({ kind: "scribble", positive: true, axis, slice_index: on });
    expectLine(scribble.points, [at(6, 8), at(12, 8), at(18, 20)], axis);
    expect(lasso).toMatchObject({ kind: "lasso", positive: false, axis, slice_index: on });
    expectLine(lasso.points, [at(5, 5), at(5, 20), at(20, 20), at(20, 5)], axis);
    expect(point).toMatchObject({ kind: "point", positive: true, voxel: at(22, 23) });
    await page.screenshot({ path: `${pictures}tools-${plane}.png` });
  });

  it("drops an unfinished drawing on Escape", async () => {
    await newSegment();
    await choose("lasso");
    const [from, to] = [await screen([20, 10, 18], "axial"), await screen([20, 14, 25], "axial")];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 3 });
    await page.keyboard.press("Escape");
    await page.mouse.up();
    await choose("point");
    await draw("sagittal", [await crossOn("sagittal")]);
    const all = await prompts(1);
    expect(all.map(({ kind }) => kind)).toEqual(["point"]);
  });

  it("selects a prompt by a click, moves it by a drag and deletes it by a key", async () => {
    const [{ voxel }] = await prompts(1);
    if (!voxel) throw new Error("there is no point to move");
    await draw("sagittal", [voxel]);
    const moved: Vec3 = [voxel[0] - 5, voxel[1], voxel[2] + 4];
    await draw("sagittal", [voxel, moved]);
    await expect.poll(async () => (await prompts(1))[0].voxel, { timeout: 120_000 }).toEqual(moved);
    await page.keyboard.press("Delete");
    await prompts(0);
  });

  it("paints and erases at once what the server paints and erases", async () => {
    await newSegment();
    const label = (await client.segments()).segments.at(-1)?.label ?? 0;
    const shown = () => page.evaluate((label) => window.septum?.shownLabels()[label] ?? 0, label);
    const on = await sliceOf(planes.axial);
    let voxels = 0;
    let brushed = 0;
    for (const [tool, line] of [
      [
        "brush",
        [
          [on, 9, 10],
          [on, 14, 18],
          [on, 20, 15],
        ],
      ],
      [
        "eraser",
        [
          [on, 14, 17],
          [on, 30, 30],
        ],
      ],
    ] as const) {
      await choose(tool);
      await draw("axial", line);
      const painted = await shown();
      expect(painted, `voxels shown after the ${tool}`).not.toBe(voxels);
      const kept = async () => (await client.segments()).segments.at(-1)?.voxels;
      await expect.poll(kept, { timeout: 120_000 }).toBe(painted);
      brushed = voxels;
      voxels = painted;
    }
    await page.keyboard.press("Control+z");
    await expect.poll(shown, { timeout: 120_000 }).toBe(brushed);
  });

  it("shows nothing wrong in the console", () => {
    expect(seen.strangers).toEqual([]);
    // The browser itself complains of a preview that was asked for a moment too late.
    expect(seen.complaints.filter((text) => !text.includes("404"))).toEqual([]);
  });

  async function screen(voxel: Vec3, plane: Plane): Promise<{ x: number; y: number }> {
    const at = await page.evaluate(([voxel, plane]) => window.septum?.screenPosition(voxel, plane), [
      voxel,
      plane,
    ] as const);
    if (!at) throw new Error(`the ${plane} plane is not on the screen`);
    return at;
  }

  /** Presses on the first voxel, goes over the others, and lets go. */
  async function draw(plane: Plane, voxels: readonly Vec3[]): Promise<void> {
    for (const [n, voxel] of voxels.entries()) {
      const { x, y } = await screen(voxel, plane);
      await page.mouse.move(x, y, { steps: n === 0 ? 1 : 4 });
      if (n === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }

  async function choose(tool: string): Promise<void> {
    await page.getByTestId(`tool-${tool}`).click();
  }

  async function newSegment(): Promise<void> {
    const before = (await client.segments()).segments.length;
    await page.getByTestId("new-segment").click();
    await expect.poll(async () => (await client.segments()).segments.length, { timeout: 120_000 }).toBe(before + 1);
  }

  /** The slice along an axis of the file that is on the screen. */
  async function sliceOf(axis: 0 | 1 | 2): Promise<number> {
    const cross = await page.evaluate(() => window.septum?.cross);
    if (!cross) throw new Error("there is no crosshair");
    return cross[axis];
  }

  async function crossOn(plane: Plane): Promise<Vec3> {
    const voxel: [number, number, number] = [22, 15, 18];
    voxel[planes[plane]] = await sliceOf(planes[plane]);
    return voxel;
  }

  /** The prompts of the last segment, once there are so many. */
  async function prompts(count: number): Promise<readonly PromptSummary[]> {
    const read = async () => (await client.segments()).segments.at(-1)?.prompts ?? [];
    await expect.poll(async () => (await read()).length, { timeout: 120_000 }).toBe(count);
    return read();
  }

  /** The corners that were drawn are there, to a fifth of a voxel: a pixel is less. */
  function expectLine(points: PromptSummary["points"], corners: readonly Vec3[], axis: 0 | 1 | 2): void {
    const [row, column] = [0, 1, 2].filter((d) => d !== axis);
    for (const corner of corners) {
      const distances = (points ?? []).map(([x, y]) => Math.hypot(x - corner[column], y - corner[row]));
      expect(Math.min(...distances), `${corner} among ${JSON.stringify(points)}`).toBeLessThan(0.3);
    }
    expect(corners.every((corner) => corner.every((part, d) => part < obliqueSize[d]))).toBe(true);
  }
});
