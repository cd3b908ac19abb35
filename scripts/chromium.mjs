// The browser tests drive the system's Chromium. Where there is none and apt-get may be used, it is installed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/opt/google/chrome/chrome",
];

/** Path of a Chromium, or undefined with the reason printed. */
export function ensureChromium() {
  const found = process.env.SEPTUM_CHROMIUM ?? places.find((path) => existsSync(path));
  if (found) return found;
  if (process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0) {
    process.stdout.write("septum: installing Chromium for the browser tests …\n");
    const apt = (args) =>
      spawnSync("apt-get", args, {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
    apt(["update", "-q"]);
    apt(["install", "-y", "-q", "--no-install-recommends", "chromium"]);
    const installed = places.find((path) => existsSync(path));
    if (installed) return installed;
  }
  process.stdout.write(
    "septum: no Chromium here, so the browser tests are skipped (install it, or set SEPTUM_CHROMIUM to its path)\n",
  );
  return undefined;
}
