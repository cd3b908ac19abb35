import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

/** Path of the Chromium to drive; `npm test` finds or installs it and passes it on. */
export const chromiumPath = [process.env.SEPTUM_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);

/** Headless, drawing WebGL 2 in software, without the browser's own calls home. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--ignore-gpu-blocklist",
      "--disable-background-networking",
    ],
  });
}

/** Everything the page asked for or complained about that it should not have. */
export function watch(page: Page, origin: string): { readonly strangers: string[]; readonly complaints: string[] } {
  const strangers: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (["http:", "https:", "ws:", "wss:"].includes(url.protocol) && url.origin !== origin)
      strangers.push(request.url());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return { strangers, complaints };
}
