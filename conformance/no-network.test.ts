import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createClient } from "@septum/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startServer } from "./start-server.ts";

const hook = fileURLToPath(new URL("./no-network.cjs", import.meta.url));
const marker = "OUTSIDE REQUEST";
const options = process.env.NODE_OPTIONS;

beforeEach(() => {
  process.env.NODE_OPTIONS = `${options ?? ""} --require=${JSON.stringify(hook)}`;
});

afterEach(() => {
  if (options === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = options;
});

it.each([
  ["a thread's fetch", `new (require("node:worker_threads").Worker)('fetch("http://192.0.2.1/")', { eval: true })`],
  ["a fetch", `fetch("http://192.0.2.1/")`],
  ["a look-up", `require("node:dns").lookup("septum.example", () => {})`],
  [
    "a child's socket",
    `require("node:child_process").spawnSync(process.execPath, ["-e", 'require("node:net").connect(80, "192.0.2.1")'], { stdio: "inherit" })`,
  ],
])("the watch sees %s", (_what, program) => {
  const { stderr } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", timeout: 60_000 });
  expect(stderr).toContain(marker);
});

it("the server asks for nothing outside while a scan is opened, marked, segmented and taken home", async () => {
  const server = await startServer(["--device", "cpu"]);
  try {
    const client = createClient({ baseUrl: server.url });
    await client.openSample();
    await client.markPoint({ voxel: [92, 50, 97] });
    expect((await client.run()).unique_labels).toEqual([1]);
    expect((await client.downloadSegmentation()).byteLength).toBeGreaterThan(100);
    expect((await fetch(server.url)).status).toBe(200);
  } finally {
    await server.stop();
  }
  expect(server.output).not.toContain(marker);
}, 300_000);
