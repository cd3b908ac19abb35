import type { Vec3 } from "@septum/volume";
import type { Page } from "playwright-core";
import { type Figure, quantile } from "./report.ts";

type Plane = "axial" | "coronal" | "sagittal";

/** What the page shows to tests, as far as it is used here. */
interface Hook {
  readonly ready: boolean;
  readonly running: boolean;
  readonly previewing: boolean;
  shownLabels(): Readonly<Record<string, number>>;
  screenPosition(voxel: Vec3, plane: Plane): { readonly x: number; readonly y: number } | undefined;
  frameTimes(): readonly { readonly at: number; readonly took: number }[];
}

declare global {
  var septum: Hook | undefined;
}

export interface FrameFigures {
  /** ms that the page was busy with each picture. */
  readonly busy: readonly number[];
  /** Pictures per second while there was something to draw. */
  readonly perSecond: number;
  /** Longest task of the page's thread, ms; 0 when none was over 50. */
  readonly longestTask: number;
}

/** Software that draws a large window waits long for each picture: so much is enough of one movement. */
const movesAtMost = 45;
const msAtMost = 10_000;

/** Makes a movement of the hand with the page, step by step, and says how its pictures came meanwhile. */
export async function whileDrawing(
  page: Page,
  step: (n: number) => Promise<unknown>,
  steps = movesAtMost,
): Promise<FrameFigures> {
  const began = await page.evaluate(() => {
    const tasks: number[] = [];
    const take = (list: PerformanceObserverEntryList) =>
      void tasks.push(...list.getEntries().map(({ duration }) => duration));
    const observer = new PerformanceObserver(take);
    observer.observe({ type: "longtask" });
    Object.assign(globalThis, { longTasks: tasks, tasksObserver: observer });
    return performance.now();
  });
  const until = performance.now() + msAtMost;
  for (let n = 1; n <= steps && performance.now() < until; n++) await step(n);
  await page.waitForTimeout(300);
  const { frames, longest } = await page.evaluate((began) => {
    const { longTasks, tasksObserver } = globalThis as unknown as {
      longTasks: number[];
      tasksObserver: PerformanceObserver;
    };
    tasksObserver.disconnect();
    const frames = (septum?.frameTimes() ?? []).filter(({ at }) => at >= began);
    return { frames, longest: Math.max(0, ...longTasks) };
  }, began);
  const span = (frames.at(-1)?.at ?? 0) - (frames[0]?.at ?? 0);
  return {
    busy: frames.map(({ took }) => took),
    perSecond: (1000 * (frames.length - 1)) / Math.max(1, span),
    longestTask: longest,
  };
}

/**
 * Waits until nothing runs, no picture was drawn for a second, and the browser draws again when it is asked to: in software
 * what was asked for before may still be on its way, and would count as part of what is measured next.
 */
export async function isCalm(page: Page): Promise<void> {
  await page.waitForFunction(() => septum?.running === false);
  await page.evaluate(async () => {
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const until = performance.now() + 60_000;
    while (performance.now() < until) {
      const latest = septum?.frameTimes().at(-1)?.at;
      await pause(1_000);
      const began = performance.now();
      for (let n = 0; n < 3; n++) await frame();
      if (latest === septum?.frameTimes().at(-1)?.at && performance.now() - began < 250) return;
    }
  });
}

/** Makes an empty segment, which is the active one then. */
export async function addSegment(page: Page): Promise<void> {
  const segments = page.locator('li[data-testid^="segment-"]');
  const count = await segments.count();
  await page.getByTestId("new-segment").click();
  await segments.nth(count).waitFor();
}

/** ms from the release of the button on. */
export interface Timing {
  /** Until the first picture with something of the segment, a preview or the mask, was drawn. */
  readonly first: number;
  /** Until the picture after which nothing came. */
  readonly whole: number;
  /** What the server said that the prompt took it, the network's passes included. */
  readonly server: number;
}

/** Milliseconds between two looks at what is shown. */
const lookMs = 4;

/** What becomes of a click that gives a prompt. */
export async function firstPixels(page: Page, click: () => Promise<void>): Promise<Timing> {
  await page.evaluate((lookMs) => {
    const seen = { released: 0, changes: [] as number[], stop: () => clearInterval(looking) };
    const shown = () => JSON.stringify([septum?.previewing, septum?.shownLabels()]);
    let latest = shown();
    const looking = setInterval(() => {
      const now = shown();
      if (now !== latest) seen.changes.push(performance.now());
      latest = now;
    }, lookMs);
    const take = ({ timeStamp }: Event) => {
      seen.released = timeStamp;
    };
    addEventListener("pointerup", take, { capture: true, once: true });
    Object.assign(globalThis, { seenPixels: seen });
  }, lookMs);
  const answered = page.waitForResponse((response) => {
    return response.request().method() === "POST" && new URL(response.url()).pathname.endsWith("/prompts");
  });
  await click();
  const { seconds_total: seconds } = (await (await answered).json()) as { seconds_total: number };
  await isCalm(page);
  const { first, whole } = await page.evaluate((lookMs) => {
    const { seenPixels } = globalThis as unknown as {
      seenPixels: { released: number; changes: number[]; stop(): void };
    };
    const { released, changes, stop } = seenPixels;
    stop();
    // A picture with the change was begun after it, which was seen a look later.
    const pictureOf = (change: number) => septum?.frameTimes().find(({ at }) => at > change - 2 * lookMs);
    const drawn = (change = Number.NaN) => {
      const picture = pictureOf(change);
      return picture ? picture.at + picture.took - released : Number.NaN;
    };
    return { first: drawn(changes[0]), whole: drawn(changes.at(-1)) };
  }, lookMs);
  if (Number.isNaN(first)) throw new Error("a click changed nothing on the screen");
  return { first, whole, server: 1000 * seconds };
}

/** Screen position of a voxel in the axial plane. */
export async function screenOf(page: Page, voxel: Vec3): Promise<{ x: number; y: number }> {
  const at = await page.evaluate((voxel) => septum?.screenPosition(voxel, "axial"), voxel);
  if (!at) throw new Error("the axial plane is not on the screen");
  return at;
}

/** `budget`: ms of the page's longest task. */
export function frameRows(what: string, { busy, perSecond, longestTask }: FrameFigures, budget?: number): Figure[] {
  const longest = { what: `${what}: longest task (0: none above 50)`, measured: longestTask, unit: "ms", budget };
  if (busy.length < 2) {
    console.log(`  ${what}: no more than ${busy.length} pictures were drawn; nothing is said of them`);
    return [longest];
  }
  return [
    { what: `${what}: page busy per picture (p50 of ${busy.length})`, measured: quantile(busy, 0.5), unit: "ms" },
    { what: `${what}: page busy per picture (p99)`, measured: quantile(busy, 0.99), unit: "ms" },
    { what: `${what}: pictures per second`, measured: perSecond, unit: "/s" },
    longest,
  ];
}
