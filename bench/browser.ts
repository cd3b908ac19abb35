import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Path of the Chromium to drive; `npm test` finds or installs it and passes it on. */
export const chromiumPath = [process.env.SEPTUM_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);

/** Headless, without the browser's own calls home, drawing WebGL 2 in software: the same everywhere, and the slowest there is. */
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
