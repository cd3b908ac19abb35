import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@septum/protocol";
import { startServer } from "@septum/server";
import { diskStore } from "@septum/store";
import type { Figure } from "./report.ts";
import { settingsFor, silent } from "./server.ts";

const sessions = 1_000;
const main = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

/** From the start of the process until it answers, the model's start-up included. */
export const restart = {
  name: "restart",
  measures: `start of the server with ${sessions} resting sessions until it answers`,
  async run(): Promise<readonly Figure[]> {
    const data = mkdtempSync(join(tmpdir(), "septum-bench-"));
    try {
      await fillWithSessions(data, sessions);
      const empty = mkdtempSync(join(tmpdir(), "septum-bench-"));
      // The first start of all also writes the network's graph into the data folder.
      await secondsToAnswer(empty);
      const without = await secondsToAnswer(empty);
      rmSync(empty, { recursive: true });
      await secondsToAnswer(data);
      const withSessions = await secondsToAnswer(data);
      const onCpu = await secondsToAnswer(data, ["--device", "cpu"]);
      return [
        { what: "without sessions", measured: without, unit: "s" },
        { what: `with ${sessions} sessions`, measured: withSessions, unit: "s", budget: 2 },
        { what: "the same, without trying accelerators first (--device cpu)", measured: onCpu, unit: "s", budget: 2 },
      ];
    } finally {
      rmSync(data, { recursive: true });
    }
  },
};

/** Copies one real session (the sample, one object) under many ids. */
export async function fillWithSessions(data: string, count: number): Promise<void> {
  const server = await startServer(settingsFor(data), silent);
  const client = createClient({ baseUrl: server.url });
  await client.openSample();
  await client.markPoint({ voxel: [60, 50, 56] });
  await client.run();
  const id = client.sessionId as string;
  await server.close();

  const store = await diskStore(join(data, "store"));
  const record = store.get(id);
  if (!record) throw new Error("the session is not where it was expected");
  const put = store.blobs(id, "");
  for (let n = 1; n < count; n++) {
    await store.commit({ record: { ...record, id: randomUUID(), image: undefined }, put });
  }
  await store.close();
}

function secondsToAnswer(data: string, flags: readonly string[] = []): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const started = performance.now();
  const server = spawn(process.execPath, [main, "serve", "--port", String(port), "--data", data, ...flags], {
    stdio: "ignore",
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    const ask = async () => {
      try {
        await fetch(`http://127.0.0.1:${port}/healthz`);
      } catch {
        if (server.exitCode !== null) return reject(new Error(`the server ended with ${server.exitCode}`));
        return setTimeout(ask, 10);
      }
      const seconds = (performance.now() - started) / 1000;
      server.on("exit", () => resolve(seconds));
      server.kill("SIGTERM");
    };
    void ask();
  });
}
