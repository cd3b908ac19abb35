import type { Client } from "@septum/protocol";
import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "./browser.ts";
import { type ObliquePage, openObliquePage } from "./oblique-page.ts";

if (!chromiumPath) process.stdout.write("skipped: the tests of a page without its server need Chromium\n");

const patience = { timeout: 60_000 };

/** What a person draws while the connection is gone reaches the server once, and once only. */
describe.runIf(chromiumPath)("a page that loses its server", { timeout: 300_000 }, () => {
  let opened: ObliquePage;
  let page: Page;
  let client: Client;

  beforeAll(async () => {
    opened = await openObliquePage(1000, 640);
    ({ page, client } = opened);
    await page.getByText("Collect", { exact: true }).click();
    await page.getByTestId("tool-point").click();
  }, 300_000);

  afterAll(() => opened?.close());

  it("keeps what is drawn while the server cannot be reached, and sends it in order when it can", async () => {
    await point(8, 9);
    await expect.poll(points, patience).toHaveLength(1);
    await page.context().setOffline(true);
    await point(12, 20);
    await point(20, 12);
    await point(20, 22);
    await expect.poll(connection, patience).toBe("Offline, 3 steps not sent");
    await page.keyboard.press("Control+z");
    await expect.poll(connection, patience).toBe("Offline, 2 steps not sent");
    await page.context().setOffline(false);
    await expect.poll(connection, patience).toMatch(/^Saved/);
    expect(await points()).toEqual([
      [8, 9],
      [12, 20],
      [20, 12],
    ]);
    await expect.poll(() => page.getByTestId("problem").count()).toBe(0);
  });

  it("sends nothing twice whose answer was lost", async () => {
    let lost = 0;
    await page.route("**/api/segments/*/prompts*", async (route) => {
      await route.fetch();
      lost++;
      await route.abort();
    });
    await point(14, 6);
    await expect.poll(() => lost, patience).toBe(1);
    await page.unroute("**/api/segments/*/prompts*");
    await expect.poll(connection, patience).toMatch(/^Saved/);
    expect((await points()).filter(([j]) => j === 14)).toHaveLength(1);
    expect(lost).toBe(1);
  });

  it("sends nothing twice that the server was still at work on when the connection went", async () => {
    const unheard: Promise<unknown>[] = [];
    const goneAtOnce = async (route: Route) => {
      unheard.push(route.fetch());
      await route.abort();
    };
    await page.route("**/api/segments/*/prompts*", goneAtOnce, { times: 1 });
    await point(16, 26);
    await expect.poll(() => unheard.length, patience).toBe(1);
    await expect.poll(connection, patience).toMatch(/^Saved/);
    await Promise.all(unheard);
    expect((await points()).filter(([j]) => j === 16)).toHaveLength(1);
  });

  it("offers once more what a key threw away, and what the server refused for now", async () => {
    const before = (await points()).length;
    await page.context().setOffline(true);
    await point(5, 16);
    await expect.poll(connection, patience).toBe("Offline, 1 step not sent");
    await page.keyboard.press("Escape");
    await expect.poll(connection, patience).toBe("Offline");
    await page.context().setOffline(false);
    await expect.poll(connection, patience).toMatch(/^Saved/);
    expect(await points()).toHaveLength(before);
    await page.getByTestId("try-again").click();
    await expect.poll(points, patience).toHaveLength(before + 1);

    const body = JSON.stringify({ code: "unavailable", detail: "No room for this scan in memory" });
    await page.route("**/api/segments/*/prompts*", (route) => route.fulfill({ status: 503, body }), { times: 1 });
    await point(5, 24);
    await page.getByText("No room for this scan in memory").waitFor();
    await expect.poll(points, patience).toHaveLength(before + 2);
  });

  /** A click on the axial slice that is shown, which lies along the file's `j` and `k`. */
  async function point(j: number, k: number): Promise<void> {
    const at = await page.evaluate(
      ([j, k]) => {
        const { cross } = window.septum ?? {};
        return cross && window.septum?.screenPosition([cross[0], j, k], "axial");
      },
      [j, k] as const,
    );
    if (!at) throw new Error("the axial plane is not on the screen");
    await page.mouse.click(at.x, at.y);
  }

  /** `[j, k]` of the points that the server has, in their order. */
  async function points(): Promise<(readonly (number | undefined)[])[]> {
    const { segments } = await client.status();
    return segments.flatMap(({ prompts }) => prompts.map(({ voxel }) => [voxel?.[1], voxel?.[2]]));
  }

  function connection(): Promise<string | null> {
    return page.getByTestId("connection").textContent();
  }
});
