import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { builtInModel } from "@septum/server";
import type { Vec3 } from "@septum/volume";
import type { Page } from "playwright-core";
import { addSegment, firstPixels, frameRows, isCalm, screenOf, type Timing, whileDrawing } from "./app-page.ts";
import { chromiumPath, openBrowser } from "./browser.ts";
import { type Figure, median } from "./report.ts";
import { startServerProcess } from "./server-process.ts";
import { syntheticFile } from "./synthetic.ts";
import { withFolder } from "./temporary.ts";

const size: Vec3 = [512, 512, 300];
const centre: Vec3 = [256, 256, 150];
/** Never trained, a few kilobytes: a pass costs about a millisecond, so what is left is the app's and the server's. */
const fastModel = fileURLToPath(new URL("../../fixtures/graphs/plain/model", import.meta.url));

/** A person looking, painting and clicking in a large scan, with all four views on the screen. */
export const app = {
  name: "app",
  measures: `the app in Chromium on ${size.join("×")}, drawn in software: scrolling, window by drag, painting, and a click's first pixels`,
  async run(): Promise<readonly Figure[]> {
    if (!chromiumPath) {
      console.log("  skipped: needs Chromium (SEPTUM_CHROMIUM says where)");
      return [];
    }
    const file = await syntheticFile(size);
    const hands = await withPage(fastModel, file, async (page) => [
      ...(await looking(page)),
      ...(await painting(page)),
      ...(await clicking(page, "a network of a millisecond", 7)),
    ]);
    return [...hands, ...(await withPage(builtInModel, file, (page) => clicking(page, basename(builtInModel), 3)))];
  },
};

/** A page of its own on a server of its own, with the scan on the screen and nothing left to draw. */
async function withPage<T>(model: string, file: string, use: (page: Page) => Promise<T>): Promise<T> {
  return withFolder(async (data) => {
    const server = await startServerProcess(data, ["--model", model]);
    try {
      const browser = await openBrowser();
      try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
        page.setDefaultTimeout(120_000);
        await page.goto(server.url);
        await page.locator('input[type="file"]').first().setInputFiles(file);
        await page.waitForFunction(() => septum?.ready);
        await isCalm(page);
        return await use(page);
      } finally {
        await browser.close();
      }
    } finally {
      await server.stop();
    }
  });
}

async function looking(page: Page): Promise<Figure[]> {
  const { x, y } = await screenOf(page, centre);
  await page.mouse.move(x, y);
  const scrolling = await whileDrawing(page, (n) => page.mouse.wheel(0, n % 30 < 15 ? 100 : -100));
  await isCalm(page);
  await page.mouse.down({ button: "right" });
  const windowing = await whileDrawing(page, (n) => page.mouse.move(x + (n % 30), y + n / 3));
  await page.mouse.up({ button: "right" });
  return [...frameRows("scrolling", scrolling), ...frameRows("window by drag", windowing)];
}

async function painting(page: Page): Promise<Figure[]> {
  await page.getByTestId("tool-brush").click();
  await isCalm(page);
  const { x, y } = await screenOf(page, centre);
  await page.mouse.move(x, y);
  await page.mouse.down();
  const stroke = await whileDrawing(page, (n) => page.mouse.move(x + 40 * Math.sin(n / 9), y + 30 * Math.cos(n / 7)));
  await page.mouse.up();
  const settled = await whileDrawing(page, () => page.waitForFunction(() => septum?.running === false), 1);
  const longestTask = Math.max(stroke.longestTask, settled.longestTask);
  return frameRows("painting", { ...stroke, longestTask }, 50);
}

async function clicking(page: Page, network: string, clicks: number): Promise<Figure[]> {
  const timings: Timing[] = [];
  for (let n = 0; n < clicks; n++) {
    await addSegment(page);
    await page.getByTestId("tool-point").click();
    await isCalm(page);
    const at = await screenOf(page, [200 + ((n * 37) % 120), 220 + ((n * 53) % 90), 150]);
    timings.push(await firstPixels(page, () => page.mouse.click(at.x, at.y)));
  }
  const of = (part: keyof Timing) => median(timings.map((timing) => timing[part]));
  return [
    { what: `${network}: click to first pixels (p50 of ${clicks})`, measured: of("first"), unit: "ms" },
    { what: "the server's time for the whole segment, as it says", measured: of("server"), unit: "ms" },
    { what: "click to the whole segment on the screen", measured: of("whole"), unit: "ms" },
  ];
}
