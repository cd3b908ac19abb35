import type { Page } from "playwright-core";

export { chromiumPath, openBrowser } from "../bench/browser.ts";

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
