import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readNifti, type Volume } from "@septum/volume";
import axe from "axe-core";
import type { Browser, BrowserContext, Download, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// What the page shows to tests, as `window.septum`.
import type {} from "../packages/app/src/test-hook.ts";
import { chromiumPath, openBrowser, watch } from "./browser.ts";
import { type RunningServer, startServer } from "./start-server.ts";

const sample = fileURLToPath(new URL("../fixtures/sample/ct-abdomen.nii.gz", import.meta.url));
const pictures = fileURLToPath(new URL("../.cache/pictures/", import.meta.url));

/** Voxels on the coronal slice that the scan opens with: inside the liver and inside the bladder. */
const organs = { liver: [92, 50, 97], bladder: [59, 50, 17] } as const;

if (!chromiumPath) process.stdout.write("skipped: the browser tests need Chromium\n");

/** One person's morning, in order: each step builds on the one before. */
describe.runIf(chromiumPath)("the app in a real browser", { timeout: 300_000 }, () => {
  let server: RunningServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let seen: ReturnType<typeof watch>;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    server = await startServer();
    browser = await openBrowser();
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(180_000);
    seen = watch(page, new URL(server.url).origin);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("opens with a way in", async () => {
    await page.goto(server.url);
    await page.getByTestId("empty-state").waitFor();
    await shoot("empty");
    expect(await seriousProblems()).toEqual([]);
  });

  it("shows an uploaded scan in its own shape", async () => {
    await page.locator('input[type="file"]').first().setInputFiles(sample);
    await page.waitForFunction(() => window.septum?.ready, undefined, { timeout: 120_000 });
    expect(await page.evaluate(() => window.septum?.shape)).toEqual([122, 101, 112]);
    await shoot("opened");
  });

  it("marks a point where the person clicks", async () => {
    await page.getByTestId("tool-mark").click();
    for (const [n, voxel] of Object.values(organs).entries()) {
      const at = await page.evaluate((voxel) => window.septum?.screenPosition([...voxel], "coronal"), voxel);
      if (!at) throw new Error("the coronal plane is not on the screen");
      await page.mouse.click(at.x, at.y);
      await page.getByTestId(`point-${n + 1}`).waitFor();
    }
    const points = await page.evaluate(() => window.septum?.points.map(({ number, voxel }) => ({ number, voxel })));
    expect(points).toEqual([
      { number: 1, voxel: [...organs.liver] },
      { number: 2, voxel: [...organs.bladder] },
    ]);
    await shoot("marked");
  });

  it("runs, follows the passes, and shows coloured masks", async () => {
    await page.getByTestId("run").click();
    await page.getByTestId("running").waitFor();
    await shoot("running");
    await page.getByTestId("segment-2").waitFor({ timeout: 180_000 });
    await page.waitForFunction(() => Object.keys(window.septum?.shownLabels() ?? {}).length === 2);
    await page.waitForTimeout(2_000);
    await shoot("segmented");
    const shown = await shownLabels();
    for (const label of ["1", "2"]) expect(shown[label], `voxels of label ${label}`).toBeGreaterThan(500);
    expect(await seriousProblems()).toEqual([]);
  });

  it("brings everything back after a reload", async () => {
    const before = { id: await sessionId(), shown: await shownLabels() };
    await page.reload();
    await page.waitForFunction(() => window.septum?.ready, undefined, { timeout: 120_000 });
    await page.waitForFunction(() => Object.keys(window.septum?.shownLabels() ?? {}).length === 2);
    expect({ id: await sessionId(), shown: await shownLabels() }).toEqual(before);
    expect(await page.evaluate(() => window.septum?.points.length)).toBe(2);
  });

  it("downloads the label map in the scan's geometry, and the label file, both verified", async () => {
    const shown = await shownLabels();
    await page.getByTestId("downloads").click();
    await page.getByTestId("download-dialog").waitFor();
    expect(await seriousProblems()).toEqual([]);
    const map = await readVolume(await downloaded("nifti"));
    await page
      .getByTestId("verified")
      .getByText(`${shown["1"].toLocaleString("en-US")} voxels`)
      .waitFor();
    await shoot("downloads");
    const source = await readVolume(readFileSync(sample));
    expect(map.size).toEqual(source.size);
    expect(map.affine).toEqual(source.affine);
    expect(map.data).toBeInstanceOf(Uint8Array);
    const counts: Record<string, number> = {};
    for (const label of map.data) if (label > 0) counts[label] = (counts[label] ?? 0) + 1;
    expect(counts).toEqual(shown);
    const [i, j, k] = organs.liver;
    expect(map.data[i + 122 * (j + 101 * k)]).toBe(1);

    const labels = (await downloaded("itksnap")).toString();
    expect(labels).toContain("ITK-SnAP Label Description File");
    expect(labels).toMatch(/^\s+1\s+255\s+0\s+0\s+1\s+1\s+1\s+"/m);
    await page.keyboard.press("Escape");
  });

  it("undoes and redoes after a reload, by keys and by the list of steps", async () => {
    const labels = (count: number) =>
      page.waitForFunction((count) => Object.keys(window.septum?.shownLabels() ?? {}).length === count, count);
    const shown = await shownLabels();
    await page.keyboard.press("Control+z");
    await labels(0);
    await page.getByTestId("history").click();
    await page.getByTestId("history-list").waitFor();
    await page.waitForTimeout(500);
    await shoot("history");
    await page.getByTestId("history-list").getByRole("menuitem").last().click();
    await page.getByTestId("point-1").waitFor({ state: "detached" });
    for (let n = 0; n < 20 && (await page.getByTestId("redo").isEnabled()); n++) {
      const before = await page.getByTestId("undo").getAttribute("aria-label");
      await page.keyboard.press("Control+y");
      await page.waitForFunction(
        (before) => document.querySelector('[data-testid="undo"]')?.getAttribute("aria-label") !== before,
        before,
      );
    }
    await labels(2);
    expect(await shownLabels()).toEqual(shown);
    expect(await page.evaluate(() => window.septum?.points.length)).toBe(2);
  });

  it("paints a segment beside a locked one, which keeps every voxel, by keys and mouse", async () => {
    const before = await shownLabels();
    await page.getByTestId("lock-1").click();
    await page.locator('[data-testid="lock-1"][aria-pressed="true"]').waitFor();
    await page.keyboard.press("m");
    await page.getByTestId("segment-3").waitFor();
    await page.keyboard.press("f");
    await page.getByTestId("others").getByText("Take").click();
    const [i, j, k] = organs.liver;
    await drag([i - 22, j, k], [i, j, k]);
    await page.getByTestId("outcome").filter({ hasText: "of Label 1 (locked)" }).waitFor();
    // The page paints at once; what the server made of it follows.
    await page.waitForFunction((voxels) => {
      const shown: Readonly<Record<string, number>> = window.septum?.shownLabels() ?? {};
      return shown["3"] > 0 && shown["1"] === voxels;
    }, before["1"]);
    await shoot("painted");
    expect(await seriousProblems()).toEqual([]);
    await page.getByTestId("undo").click();
    await page.waitForFunction(() => !("3" in (window.septum?.shownLabels() ?? {})));
    expect(await shownLabels()).toEqual(before);
    await page.getByTestId("lock-1").click();
    await page.locator('[data-testid="lock-1"][aria-pressed="false"]').waitFor();
  });

  it("can be used by everyone: no serious problem in any dialogue, dark or light", async () => {
    for (const theme of ["dark", "light"]) {
      for (const opener of ["keys", "settings-1", "session-menu", "history"]) {
        await page.getByTestId(opener).click();
        await page.waitForTimeout(500);
        await shoot(`${opener}-${theme}`);
        expect([theme, opener, ...(await seriousProblems())]).toEqual([theme, opener]);
        await page.keyboard.press("Escape");
        await page.waitForTimeout(300);
      }
      await page.getByRole("button", { name: /switch to the/i }).click();
    }
  });

  it("takes keys as another program has them, and as the person gives them", async () => {
    await page.keyboard.press("?");
    await page.getByTestId("key-profile").getByText("ITK-SNAP").click();
    await page.getByTestId("edit-keys").click();
    await page.getByTestId("add-key-tool-lasso").click();
    await page.keyboard.press("k");
    await page.keyboard.press("Escape");
    await page.getByTestId("key-help").waitFor({ state: "detached" });
    for (const [key, tool] of [
      ["4", "brush"],
      ["k", "lasso"],
      ["2", "point"],
    ]) {
      await page.keyboard.press(key);
      await page.locator(`[data-testid="tool-${tool}"][aria-pressed="true"]`).waitFor();
    }
  });

  it("shares the session with somebody else's browser, by its address", async () => {
    const stranger = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    const other = await stranger.newPage();
    other.setDefaultTimeout(180_000);
    await other.goto(`${server.url}/?session=${await sessionId()}`);
    await other.waitForFunction(() => window.septum?.ready, undefined, { timeout: 120_000 });
    for (const one of [page, other]) await one.getByTestId("people").getByRole("listitem").nth(1).waitFor();
    await other.waitForFunction(() => Object.keys(window.septum?.shownLabels() ?? {}).length === 2);

    await other.getByTestId("name-1").click();
    await other.keyboard.type("liver");
    await other.keyboard.press("Enter");
    await page.getByTestId("name-1").filter({ hasText: "liver" }).waitFor();
    await page.getByRole("button", { name: "Remove point 2" }).click();
    await other.getByTestId("point-2").waitFor({ state: "detached" });
    await other.waitForFunction(() => Object.keys(window.septum?.shownLabels() ?? {}).length === 1);
    await other.screenshot({ path: `${pictures}shared.png` });
    await stranger.close();
    await page.getByTestId("people").waitFor({ state: "detached" });
  });

  it("says so when the session is gone, with a way on", async () => {
    await fetch(`${server.url}/api/session/${await sessionId()}`, { method: "DELETE" });
    await page.reload();
    await page.getByRole("button", { name: /start a new session/i }).waitFor();
    await shoot("gone");
    await page.getByRole("button", { name: /start a new session/i }).click();
    await page.getByTestId("empty-state").waitFor();
  });

  it("asked nobody but its own server, and broke nothing on the way", () => {
    expect(seen.strangers).toEqual([]);
    // The browser itself writes the one refused call of the test before this to the console.
    expect(seen.complaints.filter((text) => !text.includes("404"))).toEqual([]);
  });

  const shownLabels = () => page.evaluate(() => window.septum?.shownLabels() ?? {}) as Promise<Record<string, number>>;
  const sessionId = () => page.evaluate(() => window.septum?.sessionId);
  const shoot = (name: string) => page.screenshot({ path: `${pictures}${name}.png` });

  /** Draws a line on the coronal slice. */
  async function drag(from: readonly number[], to: readonly number[]): Promise<void> {
    const places = await page.evaluate(
      (ends) => ends.map(([i, j, k]) => window.septum?.screenPosition([i, j, k], "coronal")),
      [from, to],
    );
    const [a, b] = places;
    if (!a || !b) throw new Error("the coronal plane is not on the screen");
    await page.mouse.move(a.x, a.y);
    await page.mouse.down();
    await page.mouse.move(b.x, b.y, { steps: 12 });
    await page.mouse.up();
  }

  async function downloaded(format: string): Promise<Buffer> {
    await page.getByTestId(`format-${format}`).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("download").click()]);
    return readFileSync(await (download as Download).path());
  }

  /** What axe finds that keeps somebody from using the page. */
  async function seriousProblems(): Promise<string[]> {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  }
});

async function readVolume(bytes: Uint8Array): Promise<Volume> {
  const { volume } = await readNifti(
    (async function* () {
      yield bytes;
    })(),
  );
  return volume;
}
