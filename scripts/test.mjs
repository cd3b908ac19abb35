// `npm test`: sets up what is missing, then lint, types and every test this machine can run. `npm test -- PATTERN` runs
// only the matching test files.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { auditDependencies } from "./audit.mjs";
import { ensureChromium } from "./chromium.mjs";
import { prepare, root, runOrExit } from "./prepare.mjs";

prepare();
const pattern = process.argv.slice(2);
const node = process.execPath;
const isForPackages = pattern.length > 0 && pattern.every((path) => path.includes("packages/"));
const python = isForPackages ? undefined : spawn(node, ["scripts/python.mjs"], { cwd: root, stdio: "inherit" });
const pythonIsReady = python && once(python, "exit");
process.once("exit", () => python?.kill());
if (pattern.length === 0) {
  runOrExit(node, ["node_modules/@biomejs/biome/bin/biome", "check", "."]);
  runOrExit(node, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.tests.json"]);
  if (!auditDependencies(root)) process.exit(1);
}

const chromium = ensureChromium();
await pythonIsReady;
const report = join(root, ".cache/test-report.json");
rmSync(report, { force: true });
const { status } = spawnSync(
  node,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...pattern,
  ],
  { cwd: root, stdio: "inherit", env: { ...process.env, ...(chromium ? { SEPTUM_CHROMIUM: chromium } : {}) } },
);
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8"));
// A file that cannot even be loaded fails no test of its own, so the runner's status has a say too.
const failed = numFailedTests || (status === 0 ? 0 : 1);
process.stdout.write(`${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped\n`);
process.exit(failed > 0 ? 1 : 0);
