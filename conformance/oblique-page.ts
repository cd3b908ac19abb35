import { rmSync } from "node:fs";
import { type Client, createClient } from "@septum/protocol";
import type { Page } from "playwright-core";
// What the page shows to tests, as `window.septum`.
import type {} from "../packages/app/src/test-hook.ts";
import { openBrowser, watch } from "./browser.ts";
import { obliqueScan } from "./oblique-scan.ts";
import { smallModel } from "./small-model.ts";
import { startServer } from "./start-server.ts";

/** A page with the oblique scan, on a server of its own whose network costs next to nothing. */
export interface ObliquePage {
  readonly url: string;
  readonly page: Page;
  /** Calls to the session of the page. */
  readonly client: Client;
  readonly seen: ReturnType<typeof watch>;
  close(): Promise<void>;
}

/** Shows the three planes, without the 3D view, which takes a processor most of the time. */
export async function openObliquePage(width: number, height: number): Promise<ObliquePage> {
  const model = smallModel();
  const server = await startServer(["--model", model]);
  const browser = await openBrowser();
  const page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(120_000);
  const seen = watch(page, new URL(server.url).origin);
  await page.goto(server.url);
  const file = { name: "oblique.nii.gz", mimeType: "application/gzip", buffer: obliqueScan() };
  await page.locator('input[type="file"]').first().setInputFiles(file);
  await page.waitForFunction(() => window.septum?.ready);
  const client = createClient({ baseUrl: server.url, sessionId: await page.evaluate(() => window.septum?.sessionId) });
  await page.getByText("Three", { exact: true }).click();
  return {
    url: server.url,
    page,
    client,
    seen,
    async close() {
      await browser.close();
      await server.stop();
      rmSync(model, { recursive: true });
    },
  };
}
