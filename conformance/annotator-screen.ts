import type { Client, SegmentSummary } from "@septum/protocol";
import type { Page } from "playwright-core";
import { expect } from "vitest";
// What the page shows to tests, as `window.septum`.
import type {} from "../packages/app/src/test-hook.ts";

export async function isIdle(page: Page): Promise<void> {
  await page.waitForFunction(() => window.septum?.running === false);
}

/** The page shows as many voxels of each segment as the server's label map has, and all of the active one's. */
export async function isShown(page: Page, client: Client): Promise<void> {
  const shown = () => page.evaluate(() => window.septum?.shownLabels() ?? {});
  const there = async () => {
    const counts: Record<string, number> = {};
    for (const label of (await client.mask()).data) if (label > 0) counts[label] = (counts[label] ?? 0) + 1;
    const active = await page.evaluate(() => window.septum?.active);
    const own = (await client.segments()).segments.find(({ label }) => label === active);
    return own && own.voxels > 0 ? { ...counts, [own.label]: own.voxels } : counts;
  };
  await expect.poll(async () => isEqual(await shown(), await there()), { timeout: 60_000 }).toBe(true);
}

/** What the panels and the picture say, in the words of the page. */
export async function screen(page: Page) {
  return page.evaluate(() => {
    const text = (id: string) => [...document.querySelectorAll(`[data-testid^="${id}"]`)].map((one) => one.textContent);
    const pressed = (id: string) =>
      [...document.querySelectorAll(`[data-testid^="${id}"]`)].map((one) => one.getAttribute("aria-pressed"));
    return {
      names: text("name-"),
      volumes: text("volume-"),
      prompts: text("prompt-"),
      active: pressed("choose-"),
      locked: pressed("lock-"),
      states: [...document.querySelectorAll('[data-testid^="state-"]')].map((one) => one.getAttribute("aria-label")),
      undo: document.querySelector('[data-testid="undo"]')?.getAttribute("aria-label"),
      place: text("place"),
      shown: window.septum?.shownLabels(),
    };
  });
}

/**
 * How long after the server's answer to a prompt was on its way the other page shows prompt and mask, in ms, by the one
 * clock that both pages read.
 */
export async function seenAfter(
  one: Page,
  other: Page,
  { label, prompts }: SegmentSummary,
  client: Client,
  act: () => Promise<void>,
): Promise<number> {
  await other.evaluate((label) => {
    const seen: [number, number, number][] = [];
    const look = () => {
      const prompts = document.querySelectorAll(".prompts > li").length;
      seen.push([Date.now(), prompts, window.septum?.shownLabels()[label] ?? 0]);
    };
    Object.assign(window, { seen, looking: setInterval(look, 10) });
  }, label);
  const answered = one.waitForResponse((response) => {
    return response.request().method() === "POST" && new URL(response.url()).pathname.endsWith("/prompts");
  });
  await act();
  const response = await answered;
  await response.finished();
  const { startTime, responseStart } = response.request().timing();
  await isIdle(one);
  await isShown(other, client);
  await other.locator(".prompts > li").nth(prompts.length).waitFor();
  const moments = await other.evaluate(async () => {
    const { seen, looking } = window as unknown as { seen: [number, number, number][]; looking: number };
    await new Promise((resolve) => setTimeout(resolve, 50));
    clearInterval(looking);
    return seen;
  });
  // From the first moment on from which everything stays as it is in the end.
  const [, ...last] = moments[moments.length - 1];
  const before = moments.findLastIndex(([, ...then]) => !isEqual(then, last));
  return Math.max(0, moments[before + 1][0] - (startTime + responseStart));
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
