import { createClient } from "@septum/protocol";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, openBrowser } from "./browser.ts";
import { type RunningServer, startServer } from "./start-server.ts";

if (!chromiumPath) process.stdout.write("skipped: the administrator's page needs Chromium to be tested\n");

const token = "correct-horse";

/** An administrator looks in on two people. */
describe.runIf(chromiumPath)("the administrator's page", { timeout: 120_000 }, () => {
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let [working, resting] = ["", ""];

  beforeAll(async () => {
    server = await startServer(["--admin-token", token, "--device", "cpu"]);
    const clients = [createClient({ baseUrl: server.url }), createClient({ baseUrl: server.url })];
    for (const client of clients) await client.openSample();
    [working, resting] = clients.map(({ sessionId }) => sessionId?.slice(0, 8) ?? "");
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(60_000);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const row = (id: string) => page.getByTestId("admin-sessions").getByRole("row", { name: id });

  it("asks for the token, says when it is wrong, and makes no session", async () => {
    await page.goto(`${server.url}/?admin`);
    await page.getByRole("textbox").fill("wrong-horse");
    await page.getByRole("button", { name: "Enter" }).click();
    await page.getByText("The administrator's token is wrong").waitFor();
    await page.getByRole("textbox").fill(token);
    await page.getByRole("button", { name: "Enter" }).click();
    await row(working).waitFor();
    expect(await page.getByTestId("admin-sessions").getByRole("row").count()).toBe(3);
    expect(page.url()).toBe(`${server.url}/?admin`);
  });

  it("shows each session's state and size, and is accessible", async () => {
    const cells = await row(working).getByRole("cell").allTextContents();
    expect(cells.slice(0, 7)).toEqual([working, "Open", "122 × 101 × 112", "0", "0", "5.5 MB", "2.2 MB"]);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });

  it("puts a session to rest", async () => {
    await page.getByRole("button", { name: `Rest session ${resting}` }).click();
    await page.getByText(`Session ${resting} was put to rest`).waitFor();
    await row(resting).getByText("Resting").waitFor();
  });

  it("deletes a session when that is confirmed, and sees it gone", async () => {
    await page.getByRole("button", { name: `Delete session ${working}` }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    await page.getByRole("button", { name: `Delete session ${working}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await row(working).waitFor({ state: "detached" });
    expect(await row(resting).count()).toBe(1);
  });

  it("keeps the token over a reload, and forgets it when asked", async () => {
    await page.reload();
    await row(resting).waitFor();
    await page.getByRole("button", { name: "Forget the token" }).click();
    await page.getByRole("textbox").waitFor();
    await page.reload();
    await page.getByRole("textbox").waitFor();
  });
});
