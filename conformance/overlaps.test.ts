import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Client } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnnotatorHand, annotatorHand, type Plane } from "./annotator-hand.ts";
import { chromiumPath } from "./browser.ts";
import { type ObliquePage, openObliquePage } from "./oblique-page.ts";

const pictures = fileURLToPath(new URL("../.cache/pictures/", import.meta.url));
const planes = ["axial", "coronal", "sagittal"] as const;
const [large, small, locked] = [1, 2, 3];
const middle: Vec3 = [22, 15, 18];
const patience = { timeout: 120_000 };

if (!chromiumPath) process.stdout.write("skipped: the tests of overlapping segments need Chromium\n");

/** A green segment, and a red one with a higher label inside it, which a label map does not have. */
describe.runIf(chromiumPath)("segments that overlap, in a real browser", { timeout: 300_000 }, () => {
  let opened: ObliquePage;
  let page: Page;
  let client: Client;
  let hand: AnnotatorHand;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    opened = await openObliquePage(1200, 800);
    ({ page, client } = opened);
    hand = annotatorHand(page, "ILA");
    await hand.goTo(middle);
    await client.createSegment({ label: large, color: "#00ff00" });
    await client.edit(large, ball(middle, 18));
    await client.createSegment({ label: small, color: "#ff0000" });
    await client.createSegment({ label: locked, color: "#0000ff" });
  }, 300_000);

  afterAll(() => opened?.close());

  it("shows what is painted within a lower label, at once and as the server has it, in every plane", async () => {
    await page.getByTestId(`choose-${small}`).click();
    await expect.poll(inTheMiddle, patience).toEqual(everywhere("green"));
    await hand.choose("brush");
    await page.getByText("Sphere", { exact: true }).click();
    // Nothing answers before the picture was looked at.
    const letGo = await hold("**/edits*");
    await hand.draw("axial", [middle]);
    await expect.poll(inTheMiddle, patience).toEqual(everywhere("red"));
    letGo();
    await expect.poll(() => voxelsOf(small), patience).toBeGreaterThan(0);
    await isIdle();
    expect(await inTheMiddle()).toEqual(everywhere("red"));
    expect(await shownVoxels(small)).toBe(await voxelsOf(small));
    expect((await client.mask({ box: around(middle) })).data[0]).toBe(large);
    await page.screenshot({ path: `${pictures}overlap-both.png` });
  });

  it("draws it as a fill and as an outline alike", async () => {
    await hand.choose("look");
    for (const style of ["Fill", "Outline"]) {
      await page.getByText(style, { exact: true }).click();
      const wanted = style === "Fill" ? "red" : "grey";
      await expect.poll(inTheMiddle, patience).toEqual(everywhere(wanted));
      // Somewhere on the way out of the red ball its line is crossed.
      for (const plane of planes) expect(await onTheWayOut(plane), `${style}, ${plane}`).toContain("red");
      await page.screenshot({ path: `${pictures}overlap-${style.toLowerCase()}.png` });
    }
    await page.getByText("Both", { exact: true }).click();
  });

  it("follows undo and redo, a reload, and what others do", async () => {
    await page.keyboard.press("Control+z");
    await expect.poll(inTheMiddle, patience).toEqual(everywhere("green"));
    await page.keyboard.press("Control+y");
    await expect.poll(inTheMiddle, patience).toEqual(everywhere("red"));

    // How the session is looked at is kept, even what was chosen in the moment before.
    for (const [style, wanted] of [
      ["Outline", "grey"],
      ["Both", "red"],
    ]) {
      await page.getByText(style, { exact: true }).click();
      await page.reload();
      await page.waitForFunction(() => window.septum?.ready);
      await expect.poll(inTheMiddle, patience).toEqual(everywhere(wanted));
    }

    const beside: Vec3 = [middle[0], middle[1] + 4, middle[2]];
    await expect.poll(() => hue(beside), patience).toBe("green");
    await client.edit(small, ball(beside, 3));
    await expect.poll(() => hue(beside), patience).toBe("red");
    await client.undo(small);
    await expect.poll(() => hue(beside), patience).toBe("green");
  });

  it("shows a segment as the label map has it while another is active", async () => {
    await page.getByTestId(`choose-${large}`).click();
    await expect.poll(inTheMiddle, patience).toEqual(everywhere("green"));
    await page.getByTestId(`choose-${small}`).click();
    await expect.poll(inTheMiddle, patience).toEqual(everywhere("red"));
  });

  it("goes through all segments at a place, click by click", async () => {
    await hand.choose("pick");
    const active = () => page.locator(".segment-active").getAttribute("data-testid");
    for (const label of [large, small, large]) {
      await hand.draw("axial", [middle]);
      await expect.poll(active, patience).toBe(`segment-${label}`);
    }
    // Nobody picks what is hidden.
    await page.getByTestId(`show-${large}`).click();
    for (let n = 0; n < 2; n++) await hand.draw("axial", [middle]);
    await expect.poll(active, patience).toBe(`segment-${small}`);
    await page.getByTestId(`show-${large}`).click();
    await expect.poll(inTheMiddle, patience).toEqual(everywhere("red"));
  });

  it("paints nothing where a locked segment is when others lose what is painted", async () => {
    const [own, theirs]: Vec3[] = [
      [middle[0], middle[1], middle[2] - 9],
      [middle[0], middle[1], middle[2] - 13],
    ];
    await client.edit(locked, ball(theirs, 2));
    await client.changeSegment(locked, { locked: true });
    // Of those who share a voxel, a locked one is shown.
    await expect.poll(() => hue(theirs), patience).toBe("blue");
    await hand.choose("brush");
    await page.getByTestId("others").getByText("Take", { exact: true }).click();
    const letGo = await hold("**/edits*");
    await hand.draw("axial", [own, theirs]);
    await expect.poll(() => hue(own), patience).toBe("red");
    expect(await hue(theirs)).toBe("blue");
    letGo();
    await isIdle();
    expect(await hue(theirs)).toBe("blue");
    const kept = await client.mask({ label: small, box: around(theirs) });
    expect(kept.data[0]).toBe(0);
    await page.getByTestId("others").getByText("Overlap", { exact: true }).click();
  });

  it("shows nothing wrong in the console", () => {
    expect(opened.seen.strangers).toEqual([]);
    expect(opened.seen.complaints).toEqual([]);
  });

  /** What colour the picture has at voxels of planes. */
  async function hues(spots: readonly (readonly [Vec3, Plane])[]): Promise<string[]> {
    const places = await page.evaluate(
      (spots) => spots.map(([voxel, plane]) => window.septum?.screenPosition(voxel, plane)),
      spots,
    );
    // The crosshair and the brush's ring are drawn above the slices, on a canvas of their own.
    const overlay = page.locator(".viewer-overlay");
    await overlay.evaluate((canvas) => canvas.style.setProperty("visibility", "hidden"));
    const shot = await page.screenshot();
    await overlay.evaluate((canvas) => canvas.style.removeProperty("visibility"));
    return page.evaluate(
      async ({ png, places }) => {
        const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
        const picture = await createImageBitmap(new Blob([bytes]));
        const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
        context?.drawImage(picture, 0, 0);
        return places.map((at) => {
          const [r, g, b] = context?.getImageData(at?.x ?? 0, at?.y ?? 0, 1, 1).data ?? [0, 0, 0];
          const most = Math.max(r, g, b);
          if (most - Math.min(r, g, b) < 25) return "grey";
          return most === r ? "red" : most === g ? "green" : "blue";
        });
      },
      { png: shot.toString("base64"), places },
    );
  }

  async function hue(voxel: Vec3): Promise<string> {
    return (await hues([[voxel, "axial"]]))[0];
  }

  function inTheMiddle(): Promise<string[]> {
    return hues(planes.map((plane) => [middle, plane]));
  }

  function everywhere(colour: string): string[] {
    return planes.map(() => colour);
  }

  /** From the middle to the right on a slice, four places to a voxel. */
  function onTheWayOut(plane: Plane): Promise<string[]> {
    return hues(Array.from({ length: 60 }, (_, n) => [hand.beside(plane, middle, 0, n / 4), plane]));
  }

  /** Holds calls back until the function it resolves to is called. */
  async function hold(path: string): Promise<() => void> {
    let go = () => {};
    const waiting = new Promise<void>((resolve) => {
      go = resolve;
    });
    await page.route(path, async (route) => {
      await waiting;
      await route.continue();
    });
    return go;
  }

  async function voxelsOf(label: number): Promise<number> {
    return (await client.segments()).segments.find((segment) => segment.label === label)?.voxels ?? 0;
  }

  function shownVoxels(label: number): Promise<number> {
    return page.evaluate((label) => window.septum?.shownLabels()[label] ?? 0, label);
  }

  async function isIdle(): Promise<void> {
    await page.waitForFunction(() => window.septum?.running === false);
  }
});

function ball(voxel: Vec3, radius: number) {
  const path: [number, number, number][] = [[voxel[0], voxel[1], voxel[2]]];
  return { kind: "paint", add: true, shape: "sphere", axis: 0, radius_mm: radius, path } as const;
}

function around([i, j, k]: Vec3) {
  return [
    [i, i + 1],
    [j, j + 1],
    [k, k + 1],
  ] as const;
}
