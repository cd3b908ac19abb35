import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Client, PromptSummary } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnnotatorHand, annotatorHand, type Plane } from "./annotator-hand.ts";
import { chromiumPath } from "./browser.ts";
import { type ObliquePage, openObliquePage } from "./oblique-page.ts";
import { ballVoxelsOn, obliqueSize } from "./oblique-scan.ts";

const pictures = fileURLToPath(new URL("../.cache/pictures/", import.meta.url));

/** The file's axis that each plane of the scan looks along: `i` runs head to feet, `j` right to left, `k` back to front. */
const planes = { axial: 0, sagittal: 1, coronal: 2 } as const;

if (!chromiumPath) process.stdout.write("skipped: the tests of the drawing tools need Chromium\n");

/** Drawn with a real pointer on an oblique scan with turned axes; what the server has must be the voxels drawn on. */
describe.runIf(chromiumPath)("the drawing tools in a real browser", { timeout: 300_000 }, () => {
  let opened: ObliquePage;
  let page: Page;
  let client: Client;
  let hand: AnnotatorHand;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    opened = await openObliquePage(1000, 640);
    ({ page, client } = opened);
    hand = annotatorHand(page, (await client.status()).image?.orientation ?? "");
    // Prompts are what is looked at here; the network's answer to each is not waited for.
    await page.getByText("Collect", { exact: true }).click();
  }, 300_000);

  afterAll(() => opened?.close());

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

    await hand.choose("box");
    await hand.draw(plane, [at(8, 9), at(15, 21)]);
    await hand.choose("scribble");
    await hand.draw(plane, [at(6, 8), at(12, 8), at(18, 20)]);
    await page.keyboard.press("t");
    await hand.choose("lasso");
    await hand.draw(plane, [at(5, 5), at(5, 20), at(20, 20), at(20, 5)]);
    await page.keyboard.press("t");
    await hand.choose("point");
    await hand.draw(plane, [at(22, 23)]);

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
    await hand.choose("lasso");
    const [from, to] = [await hand.screen([20, 10, 18], "axial"), await hand.screen([20, 14, 25], "axial")];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 3 });
    await page.keyboard.press("Escape");
    await page.mouse.up();
    await hand.choose("point");
    await hand.draw("sagittal", [await crossOn("sagittal")]);
    const all = await prompts(1);
    expect(all.map(({ kind }) => kind)).toEqual(["point"]);
  });

  it("selects a prompt by a click, moves it by a drag and deletes it by a key", async () => {
    const [{ voxel }] = await prompts(1);
    if (!voxel) throw new Error("there is no point to move");
    await hand.draw("sagittal", [voxel]);
    const moved: Vec3 = [voxel[0] - 5, voxel[1], voxel[2] + 4];
    await hand.draw("sagittal", [voxel, moved]);
    await expect.poll(async () => (await prompts(1))[0].voxel, { timeout: 120_000 }).toEqual(moved);
    await page.keyboard.press("Delete");
    await prompts(0);
  });

  it("paints and erases at once what the server paints and erases", async () => {
    const label = await newSegment();
    const shown = () => shownVoxels(label);
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
      await hand.choose(tool);
      await hand.draw("axial", line);
      const painted = await shown();
      expect(painted, `voxels shown after the ${tool}`).not.toBe(voxels);
      const kept = async () => (await client.segments()).segments.at(-1)?.voxels;
      await expect.poll(kept, { timeout: 120_000 }).toBe(painted);
      brushed = voxels;
      voxels = painted;
    }
    await page.keyboard.press("Control+z");
    await expect.poll(shown, { timeout: 120_000 }).toBe(brushed);
    await page.keyboard.press("Control+y");
    await expect.poll(shown, { timeout: 120_000 }).toBe(voxels);
  });

  it("takes as many steps back as undo was pressed, however quickly", async () => {
    const before = (await client.history()).position;
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    const position = async () => (await client.history()).position;
    await expect.poll(position, { timeout: 120_000 }).toBe(before - 2);
    await expect.poll(async () => (await client.segments()).segments.at(-1)?.voxels, { timeout: 120_000 }).toBe(0);
  });

  it("paints only voxels whose values are wanted", async () => {
    const label = await newSegment();
    const on = await sliceOf(planes.axial);
    await hand.choose("brush");
    const radius = async () => Number.parseFloat((await page.getByTestId("brush-radius").textContent()) ?? "");
    while ((await radius()) < 12) await page.keyboard.press("]");
    await page.getByLabel("Only values").check();
    await page.getByLabel("Highest value").fill("400");
    await page.getByLabel("Lowest value").fill("200");
    await hand.draw("axial", [
      [on, 12, 14],
      [on, 12, 26],
    ]);
    // The ball is all there is of such values.
    expect(await shownVoxels(label)).toBe(ballVoxelsOn(on));
    const kept = async () => (await client.segments()).segments.at(-1)?.voxels;
    await expect.poll(kept, { timeout: 120_000 }).toBe(ballVoxelsOn(on));
    await page.screenshot({ path: `${pictures}tools-threshold.png` });
    await page.getByLabel("Only values").uncheck();
  });

  it("shows labels that need more than a byte", async () => {
    const on = await sliceOf(planes.axial);
    for (const [label, row] of [
      [256, 4],
      [4000, 24],
    ]) {
      await client.createSegment({ label });
      const path: [number, number, number][] = [
        [on, row, 8],
        [on, row, 28],
      ];
      const { change } = await client.edit(label, { kind: "paint", add: true, axis: 0, radius_mm: 4, path });
      expect(change.voxels).toBeGreaterThan(0);
      await expect.poll(() => shownVoxels(label), { timeout: 120_000 }).toBe(change.voxels);
    }
    await page.screenshot({ path: `${pictures}tools-labels.png` });
  });

  it("takes points where they are seen in the neurological view too", async () => {
    const on = await sliceOf(planes.axial);
    const [patientRight, patientLeft]: Vec3[] = [
      [on, 4, 18],
      [on, 25, 18],
    ];
    expect((await hand.screen(patientRight, "axial")).x).toBeLessThan((await hand.screen(patientLeft, "axial")).x);
    await page.getByText("Neurological", { exact: true }).click();
    const mirrored = async () =>
      (await hand.screen(patientRight, "axial")).x > (await hand.screen(patientLeft, "axial")).x;
    await expect.poll(mirrored).toBe(true);
    const label = await newSegment();
    await hand.choose("point");
    await hand.draw("axial", [patientLeft]);
    await expect.poll(async () => (await promptsOf(label)).at(0)?.voxel, { timeout: 120_000 }).toEqual(patientLeft);
    await page.screenshot({ path: `${pictures}tools-neurological.png` });
    await page.getByText("Radiological", { exact: true }).click();
    await expect.poll(mirrored).toBe(false);
  });

  it("zooms and pans with two fingers, draws with a pen, and keeps the hand beside a pen from drawing", async () => {
    const label = await newSegment();
    await hand.choose("scribble");
    const devtools = await page.context().newCDPSession(page);
    const on = await sliceOf(planes.axial);
    const [a, b]: Vec3[] = [
      [on, 10, 14],
      [on, 18, 22],
    ];
    const spread = async () => {
      const [from, to] = [await hand.screen(a, "axial"), await hand.screen(b, "axial")];
      return Math.hypot(to.x - from.x, to.y - from.y);
    };
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...places: { x: number; y: number }[]) =>
      devtools.send("Input.dispatchTouchEvent", { type, touchPoints: places.map((at, id) => ({ ...at, id })) });

    const apart = await spread();
    const { x, y } = await hand.screen([on, 14, 18], "axial");
    await touch("touchStart", { x: x - 20, y });
    await touch("touchStart", { x: x - 20, y }, { x: x + 20, y });
    await touch("touchMove", { x: x - 25, y: y + 15 }, { x: x + 35, y: y + 15 });
    await touch("touchEnd");
    expect((await spread()) / apart).toBeCloseTo(1.5, 1);
    const middle = await hand.screen([on, 14, 18], "axial");
    expect(Math.hypot(middle.x - x - 5, middle.y - y - 15)).toBeLessThan(3);

    const pen = async (type: "mousePressed" | "mouseMoved" | "mouseReleased", voxel: Vec3) => {
      const at = await hand.screen(voxel, "axial");
      await devtools.send("Input.dispatchMouseEvent", { type, ...at, pointerType: "pen", button: "left", buttons: 1 });
    };
    await pen("mousePressed", a);
    await pen("mouseMoved", b);
    await pen("mouseReleased", b);
    await expect.poll(async () => (await promptsOf(label)).length, { timeout: 120_000 }).toBe(1);
    expectLine((await promptsOf(label))[0].points, [a, b], 0);

    const before = await hand.screen(a, "axial");
    await touch("touchStart", before);
    await touch("touchMove", { x: before.x - 30, y: before.y + 10 });
    await touch("touchEnd");
    const after = await hand.screen(a, "axial");
    expect(Math.hypot(after.x - before.x + 30, after.y - before.y - 10)).toBeLessThan(3);
    await page.screenshot({ path: `${pictures}tools-pen.png` });
    expect(await promptsOf(label)).toHaveLength(1);
  });

  it("shows nothing wrong in the console", () => {
    expect(opened.seen.strangers).toEqual([]);
    expect(opened.seen.complaints).toEqual([]);
  });

  /** Goes over to an empty segment, which is the last; where that is the active one already, no other is made. */
  async function newSegment(): Promise<number> {
    await page.getByTestId("new-segment").click();
    const isEmpty = async () => {
      const last = (await client.segments()).segments.at(-1);
      return last?.voxels === 0 && last.prompts.length === 0;
    };
    await expect.poll(isEmpty, { timeout: 120_000 }).toBe(true);
    const label = (await client.segments()).segments.at(-1)?.label ?? 0;
    await page.locator(`.segment-active[data-testid="segment-${label}"]`).waitFor();
    return label;
  }

  function shownVoxels(label: number): Promise<number> {
    return page.evaluate((label) => window.septum?.shownLabels()[label] ?? 0, label);
  }

  async function promptsOf(label: number): Promise<readonly PromptSummary[]> {
    return (await client.segments()).segments.find((segment) => segment.label === label)?.prompts ?? [];
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
