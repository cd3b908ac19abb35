import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type Engine } from "@septum/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, startHarness } from "../packages/server/src/testing/harness.ts";
import { installClient, type Outcome, type PythonClient } from "./nninteractive/python-client.ts";
import { slowDown } from "./nninteractive/slow-engine.ts";
import { smallModel } from "./small-model.ts";
import { type RunningServer, startServer } from "./start-server.ts";

/** Of specs/client-protocols.md §7.3; what each one does is in nninteractive/client.py. */
const plain = ["n2", "n3", "n4", "n5", "n7", "n8", "n9", "n10", "n11", "n12", "n18", "n20", "story", "codec"] as const;
const strict = ["n1", "n13"] as const;
const slow = ["n14", "n15", "n17", "n19"] as const;

/** Cases that wait for seconds, and machines that do other things as well. */
const patience = 300_000;

let model: string;
const servers: RunningServer[] = [];

async function start(...flags: string[]): Promise<RunningServer> {
  const server = await startServer(["--device", "cpu", "--threads", "1", ...flags]);
  servers.push(server);
  return server;
}

beforeAll(() => {
  model = smallModel();
});

afterAll(async () => {
  for (const server of servers) await server.stop();
  rmSync(model, { recursive: true, force: true });
});

describe.each(["2.1", "2.5", "newest"] as const)("nninteractive-client %s", (wanted) => {
  const client = installClient(wanted);
  if (typeof client === "string") {
    console.warn(`nninteractive-client ${wanted} is not tried: ${client}`);
    it.skip("is not to be had here", () => {});
    return;
  }

  it(
    "works on a scan, point by point, as the session's own API does",
    async () => {
      const server = servers[0] ?? (await start("--model", model));
      expectAll(await client.run(server.url, plain), client);
    },
    patience,
  );

  it(
    "finds the ball it points at, with the built-in model",
    async () => {
      const server = await start();
      try {
        expectAll(await client.run(server.url, ["n6"]), client);
      } finally {
        servers.splice(servers.indexOf(server), 1);
        await server.stop();
      }
    },
    patience,
  );

  it(
    "needs its key and a place, and loses that place when it is idle or gone",
    async () => {
      const flags = ["--leases", "8", "--lease-idle-seconds", "12", "--lease-liveness-seconds", "10"];
      const server = await start("--model", model, "--token", "correct-horse", ...flags);
      const key = "correct-horse";
      try {
        expectAll(await client.run(server.url, strict, { key }), client);
        // 2.1 sends no heartbeats by itself: it is taken for gone sooner than for idle.
        expectAll(await client.run(server.url, slow, { key, together: true }), client);
      } finally {
        servers.splice(servers.indexOf(server), 1);
        await server.stop();
      }
    },
    patience,
  );

  it(
    "connects again after the server was started anew",
    async () => {
      const [data, port] = [mkdtempSync(join(tmpdir(), "septum-conformance-")), await freePort()];
      const launch = () =>
        startServer(["--device", "cpu", "--threads", "1", "--model", model, "--port", `${port}`], data);
      let server = await launch();
      const whenReady = async () => {
        await server.stop();
        server = await launch();
      };
      try {
        expectAll(await client.run(server.url, ["n21"], { whenReady }), client);
      } finally {
        await server.stop();
        rmSync(data, { recursive: true, force: true });
      }
    },
    patience,
  );

  describe("with a slow device", () => {
    let engine: Engine;
    let harness: Harness;

    beforeAll(async () => {
      engine = await createEngine({
        model: { folder: model, cacheDir: model, device: "cpu", threads: 1 },
        segmentThreads: 1,
      });
      harness = await startHarness({ app: { engine: slowDown(engine, 10_000), interimMs: 1000 } });
    });
    afterAll(async () => {
      await harness?.app.close();
      await engine?.close();
    });

    it(
      "waits longer for a prediction than it waits for silence, and is heard meanwhile",
      async () => {
        const url = await harness.app.listen({ host: "127.0.0.1", port: 0 });
        expectAll(await client.run(url, ["n16"]), client);
      },
      patience,
    );
  });
});

function expectAll(outcomes: readonly Outcome[], { version }: PythonClient): void {
  for (const { case: name, ok, note, seconds } of outcomes) {
    const remark = ok && note ? ` (${note})` : "";
    process.stdout.write(
      `${version} ${name.toUpperCase()}: ${ok ? "as expected" : "FAILED"} after ${seconds} s${remark}\n`,
    );
  }
  expect(outcomes.filter(({ ok }) => !ok).map(({ case: name, note }) => `${name}: ${note}`)).toEqual([]);
}

async function freePort(): Promise<number> {
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(0, "127.0.0.1", resolve));
  const address = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
