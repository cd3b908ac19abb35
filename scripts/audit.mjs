// Looks the production dependencies up in the registry's list of known vulnerabilities. A registry that cannot be asked is no
// fault of ours: then it says so, and nothing fails.

import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";

const patienceMs = 60_000;

/** Prints what is known; false when a production dependency has a vulnerability of high or critical severity. */
export function auditDependencies(root, ask = askRegistry) {
  const { passed, lines } = judge(ask(root));
  for (const line of lines) process.stdout.write(`${line}\n`);
  return passed;
}

/** What `npm audit` printed, or nothing. */
function askRegistry(cwd) {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["audit", "--omit=dev", "--json", "--fetch-retries=0"];
  const shell = process.platform === "win32";
  return spawnSync(npm, args, { cwd, encoding: "utf8", timeout: patienceMs, shell }).stdout ?? "";
}

/** From the report of `npm audit --json` to whether that is good enough, and what to say about it. */
export function judge(text) {
  const report = parse(text);
  const counts = report?.metadata?.vulnerabilities;
  if (!counts) {
    const reason = report?.message ?? report?.error?.summary ?? "no answer";
    return {
      passed: true,
      lines: [`dependencies not audited: the registry could not be asked (${firstLine(reason)})`],
    };
  }
  const grave = Object.values(report.vulnerabilities ?? {}).filter(({ severity }) =>
    /^(high|critical)$/.test(severity),
  );
  const lines = grave.map(({ name, severity, range }) => `${severity} vulnerability in ${name} ${range}`);
  const { info, low, moderate, high, critical } = counts;
  const passed = high + critical === 0;
  lines.push(`dependencies audited: ${critical} critical, ${high} high, ${moderate} moderate, ${low + info} lower`);
  return { passed, lines };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstLine(text) {
  return String(text)
    .split("\n", 1)[0]
    .replace(/https?:\/\/\S+/g, "its address")
    .slice(0, 200);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = auditDependencies(process.cwd()) ? 0 : 1;
}
