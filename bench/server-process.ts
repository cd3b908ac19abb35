import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

/** `septum serve` in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** What the server says of itself at `/metrics` at this moment: the value of each line by its name with labels. */
  metrics(): Promise<Readonly<Record<string, number>>>;
  /** Puts every session to rest, as the administrator does. */
  restAll(): Promise<void>;
  stop(): Promise<void>;
}

/** Longer than threads take until they give back what only the work needed. */
const settleMs = 8_000;

export function settle(): Promise<void> {
  return pause(settleMs);
}

export async function startServerProcess(data: string, flags: readonly string[] = []): Promise<ServerProcess> {
  const args = [main, "serve", "--port", "0", "--data", data, "--device", "cpu", ...flags];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (status) => reject(new Error(`The server ended with status ${status}`)));
    child.stdout.on("data", (chunk) => {
      const found = /http:\/\/[\w.:]+/.exec(String(chunk));
      if (found) resolve(found[0]);
    });
  });
  return {
    url,
    async metrics() {
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
      );
    },
    async restAll() {
      const { sessions } = (await (await fetch(`${url}/api/admin`)).json()) as { sessions: { id: string }[] };
      for (const { id } of sessions) await fetch(`${url}/api/admin/sessions/${id}/rest`, { method: "POST" });
    },
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}
