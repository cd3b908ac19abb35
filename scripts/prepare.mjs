// Everything a fresh clone needs before it can run: dependencies and a build. Uses nothing but Node, since nothing is
// installed yet. Says what it is doing, and does only what is stale.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const minimumNode = [20, 19];

/** Runs a command in the project's root; ends this process with its status when it fails. */
export function runOrExit(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) fail(`Cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Installs and builds what is missing or stale. */
export function prepare() {
  checkNode();
  install();
  build();
}

export function build() {
  runOrExit(process.execPath, ["node_modules/typescript/bin/tsc", "-b"]);
  if (!appIsStale()) return;
  say("building the browser app");
  // Vite's own report lists files nobody asked about; warnings and errors still come through.
  runOrExit(process.execPath, ["node_modules/vite/bin/vite.js", "build", "packages/app", "--logLevel", "warn"]);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const old = major < minimumNode[0] || (major === minimumNode[0] && minor < minimumNode[1]);
  if (old) fail(`Septum needs Node ${minimumNode.join(".")} or newer; this is ${process.versions.node}.`);
}

/** npm writes its own copy of the lockfile last; if that is older than ours, what is installed is not what is locked. */
function install() {
  const installed = modified(join(root, "node_modules/.package-lock.json"));
  if (installed >= modified(join(root, "package-lock.json"))) return;
  say("installing dependencies (once, or when they have changed)");
  // .npmrc says the same; an npm that ignores it must still not try to fetch CUDA.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  const npm = process.env.npm_execpath;
  if (npm) runOrExit(process.execPath, [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], { env });
  else
    runOrExit("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      env,
      shell: process.platform === "win32",
    });
}

function appIsStale() {
  const built = modified(join(root, "packages/app/dist/index.html"));
  if (built === 0) return true;
  const sources = ["packages/app", "packages/protocol/src", "packages/volume/src"];
  return sources.some((folder) => newest(join(root, folder)) > built);
}

/** Modification time of the newest file below a folder, outputs left out. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === "dist" || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : modified(path));
  }
  return latest;
}

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function say(what) {
  process.stdout.write(`septum: ${what} …\n`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
