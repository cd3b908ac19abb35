import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLog } from "../http/logging.ts";
import { readSettings, type Settings } from "../settings/settings.ts";
import { describeStart } from "./describe-start.ts";
import { startServer } from "./serve.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "septum-serve-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const settings = (more: Partial<Settings>): Settings => ({
  ...readSettings({}),
  port: 0,
  data: folder,
  device: "cpu",
  threads: 1,
  ...more,
});
const quiet = { log: createLog("silent"), print: () => {} };

describe("startServer()", () => {
  test("leaves nothing open when the port is taken, and starts on another", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    await expect(startServer(settings({ port }), quiet)).rejects.toThrow("EADDRINUSE");
    other.close();
    const server = await startServer(settings({}), quiet);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await expect(startServer(settings({}), quiet)).rejects.toMatchObject({ tag: "StoreLocked" });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await Promise.all([server.close(), server.close()]);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow("fetch failed");
  });

  test("answers at further ports too, and leaves nothing open when one of them is taken", async () => {
    const [free, taken] = [createServer(), createServer()];
    const ports: number[] = [];
    for (const other of [free, taken]) {
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      ports.push((other.address() as { port: number }).port);
    }
    await new Promise((resolve) => free.close(resolve));
    await expect(startServer(settings({ alsoPort: ports }), quiet)).rejects.toThrow("EADDRINUSE");
    await expect(fetch(`http://127.0.0.1:${ports[0]}/healthz`)).rejects.toThrow("fetch failed");
    taken.close();
    const server = await startServer(settings({ alsoPort: [ports[0]] }), quiet);
    const also = await fetch(`http://127.0.0.1:${ports[0]}/healthz`);
    expect(await also.json()).toEqual(await (await fetch(`${server.url}/healthz`)).json());
    // With a connection that is still open there.
    await server.close();
    await expect(fetch(`http://127.0.0.1:${ports[0]}/healthz`)).rejects.toThrow("fetch failed");
  });

  test("says what is wrong with a model folder, and leaves nothing open", async () => {
    await expect(startServer(settings({ model: join(folder, "nowhere") }), quiet)).rejects.toThrow("nowhere");
    const server = await startServer(settings({}), quiet);
    await server.close();
  });
});

test("serve() runs until SIGTERM, and then ends by itself with everything closed", async () => {
  // A process of its own runs from what is built, like a worker thread.
  const built = new URL("../../dist/index.js", import.meta.url).href;
  const program = `import(${JSON.stringify(built)}).then(({ serve }) => serve({ port: "0", device: "cpu", threads: "1" }))`;
  const child = spawn(process.execPath, ["-e", program], {
    env: { ...process.env, SEPTUM_DATA: folder },
    stdio: "pipe",
  });
  let printed = "";
  child.stdout.on("data", (text) => {
    printed += text;
  });
  await expect.poll(() => printed, { timeout: 30_000 }).toContain("Septum is ready: http://127.0.0.1:");
  const url = /ready: (\S+)/.exec(printed)?.[1];
  const { session_id } = await (await fetch(`${url}/api/session`, { method: "POST" })).json();
  const events = await fetch(`${url}/api/events`, { headers: { "X-Session-ID": session_id } });
  child.kill("SIGTERM");
  const [code, signal] = await once(child, "exit");
  expect([code, signal]).toEqual([0, null]);
  expect(printed).toContain("Septum is shutting down; every session is kept.");
  expect(printed).not.toContain(session_id);
  expect(await events.text()).toContain("event: hello");
});

test("describeStart() says what to open, the licence, the device and why no other was taken", () => {
  const facts = {
    name: "light",
    licence: "CC0-1.0",
    patchSize: [64, 64, 64] as const,
    device: "cpu",
    providers: [
      { name: "cuda", ok: false, reason: "Failed to load shared library\n  at …" },
      { name: "cpu", ok: true },
    ],
  };
  const options = {
    host: "127.0.0.1",
    alsoPort: [1527, 8911],
    protocol: ["itksnap"],
    data: "/data",
    device: "auto",
  } as const;
  expect(describeStart("http://127.0.0.1:8000", options, facts).filter((line) => line !== "")).toEqual([
    "  Septum is ready: http://127.0.0.1:8000",
    "  model     light (CC0-1.0)",
    "  device    cpu, chosen by trying",
    "            not cuda: Failed to load shared library",
    "  speaks    itksnap",
    "  ports     1527, 8911 as well",
    "  sessions  /data",
  ]);
  const again = describeStart("http://127.0.0.1:8000", options, { ...facts, remembered: true });
  expect(again).toContain("  device    cpu, chosen by trying at an earlier start; `septum doctor` tries again");
});
