import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// What the page shows to tests, as `window.septum`.
import type {} from "../packages/app/src/test-hook.ts";
import { chromiumPath, openBrowser, watch } from "./browser.ts";
import { type RunningServer, startServer } from "./start-server.ts";

const sample = fileURLToPath(new URL("../fixtures/sample/ct-abdomen.nii.gz", import.meta.url));
const token = "correct-horse";

if (!chromiumPath) process.stdout.write("skipped: the browser tests need Chromium\n");

describe.runIf(chromiumPath)("the app of a server that asks for a token", () => {
  let server: RunningServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await startServer(["--token", `battery-staple,${token}`]);
    browser = await openBrowser();
    page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(60_000);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("asks for it, says when it is wrong, and goes on when it is right", async () => {
    const { strangers } = watch(page, new URL(server.url).origin);
    await page.goto(server.url);
    await page.getByTestId("token-form").waitFor();
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
    expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
    await page.getByLabel("Access token", { exact: true }).fill("wrong-horse");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("The access token is wrong").waitFor();
    await page.getByLabel("Access token", { exact: true }).fill(token);
    await page.keyboard.press("Enter");
    await page.getByTestId("empty-state").waitFor();
    expect(strangers).toEqual([]);
  });

  it("opens a scan with the cookie it got, and stays logged in after a reload", async () => {
    await page.locator('input[type="file"]').first().setInputFiles(sample);
    await page.waitForFunction(() => window.septum?.ready, undefined, { timeout: 120_000 });
    await page.reload();
    await page.waitForFunction(() => window.septum?.ready, undefined, { timeout: 120_000 });
    expect(await page.evaluate(() => document.cookie)).toBe("");
  });

  it("goes back to asking when the token no longer counts", async () => {
    await page.context().clearCookies();
    await page.reload();
    await page.getByTestId("token-form").waitFor();
  });
});
