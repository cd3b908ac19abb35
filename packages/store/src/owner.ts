import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";

/** The process that uses a store's folder. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Tells two processes apart that had the same pid one after the other; empty where the system does not say. */
  readonly started: string;
}

/** How often an owner shows that it lives, for those who cannot look at its pid from another machine or container. */
export const heartbeatMs = 3_000;

export function thisProcess(): Owner {
  return { pid: process.pid, host: hostname(), started: processStart(process.pid) };
}

/**
 * Whether the owner still runs. On its own machine its pid and start time tell; seen from another machine (or another
 * container over the same folder) only the age of its heartbeat does.
 */
export function isRunning(owner: Owner, heartbeatFile: string): boolean {
  if (owner.host !== hostname()) return heartbeatAge(heartbeatFile) < 4 * heartbeatMs;
  if (owner.started !== processStart(owner.pid)) return false;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Shows now and every few seconds that this process lives, until the returned function is called. */
export function keepHeartbeat(file: string): () => void {
  writeFileSync(file, "", { mode: 0o600 });
  const beat = () => {
    const now = new Date();
    try {
      utimesSync(file, now, now);
    } catch {
      // A missed beat only matters to someone who tries to open the same folder from elsewhere.
    }
  };
  const timer = setInterval(beat, heartbeatMs).unref();
  beat();
  return () => clearInterval(timer);
}

function heartbeatAge(file: string): number {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Linux: clock ticks between the boot and the start of the process, and which boot it was. */
function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The program's name, in parentheses, may hold spaces; field 22 is counted after it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${boot}/${fields[19]}`;
  } catch {
    return "";
  }
}
