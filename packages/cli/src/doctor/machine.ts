import { type Finding, fail, ok, warn } from "./finding.ts";

/** As in the `engines` of package.json. */
const leastNode = [20, 19] as const;

/** What is allowed for an open session of a scan of 512 × 512 × 300 voxels: 3.5 bytes per voxel. */
const usualScanBytes = 3.5 * 512 * 512 * 300;

/** Fewer scans than this in memory make people wait for each other's to come back from disk. */
const comfortableScans = 4;

/** @param version such as `v20.20.2` */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const old = major < leastNode[0] || (major === leastNode[0] && minor < leastNode[1]);
  if (!old) return ok("node", version);
  return fail(
    "node",
    `${version} is too old`,
    `install Node ${leastNode.join(".")} or newer (https://nodejs.org) and start again`,
  );
}

/** @param budget bytes for all open images together; @param machine bytes that the process may use */
export function checkMemory(budget: number, machine: number): Finding {
  const scans = Math.floor(budget / usualScanBytes);
  const says = `${gigabytes(budget)} of ${gigabytes(machine)} for open scans: room for ${scans} of 512 × 512 × 300 voxels`;
  if (budget > machine) {
    return fail("memory", `${gigabytes(budget)} for open scans is more than the ${gigabytes(machine)} there are`, less);
  }
  if (scans < 1) return fail("memory", says, more);
  if (scans < comfortableScans) return warn("memory", says, more);
  return ok("memory", says);
}

const less = "set a smaller --memory (SEPTUM_MEMORY), or leave it out for half of what there is";
const more = "run on a machine with more memory, raise a container's limit, or set --memory (SEPTUM_MEMORY)";

export function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.floor(bytes / 1e6)} MB`;
}
