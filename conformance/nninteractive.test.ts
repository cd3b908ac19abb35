import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type Engine } from "@septum/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, startHarness } from "../packages/server/src/testing/harness.ts";
import { freePort } from "./free-port.ts";
import { type ClientVersion, findClient, type Outcome, type PythonClient } from "./nninteractive/python-client.ts";
import { slowDown } from "./nninteractive/slow-engine.ts";
import { smallModel } from "./small-model.ts";
import { type RunningServer, startServer } from "./start-server.ts";

/** Of specs/client-protocols.md §7.3; what each one does is in nninteractive/client.py. */
const plain = ["n2", "n3", "n4", "n5", "n7", "n8", "n9", "n10", "n11", "n12", "n18", "n20", "story", "codec"] as const;
const strict = ["n1", "n13"] as const;
const slow = ["n14", "n15", "n17", "n19"] as const;

const clients: (readonly [ClientVersion, PythonClient])[] = [];
for (const version of ["2.1", "2.5", "newest"] as const) {
  const client = findClient(version);
  if (typeof client !== "string") clients.push([version, client]);
  else process.stdout.write(`skipped: nninteractive-client ${version}: ${client}\n`);
}

let model: string;

beforeAll(() => {
  model = smallModel();
});
afterAll(() => rmSync(model, { recursive: true, force: true }));

function start(flags: readonly string[], data?: string): Promise<RunningServer> {
  return startServer(["--device", "cpu", "--threads", "1", ...flags], data);
}

/** Cases that wait for seconds, and machines that do other things as well. */
describe.runIf(clients.length > 0)("nninteractive-client", { timeout: 300_000 }, () => {
  describe("on a scan", () => {
    let small: RunningServer;
    let builtIn: RunningServer;

    beforeAll(async () => {
      [small, builtIn] = await Promise.all([start(["--model", model]), start([])]);
    });
    afterAll(async () => {
      for (const server of [small, builtIn]) await server?.stop();
    });

    it.each(clients)("%s works point by point as the session's own API does", async (_, client) => {
      expectAll(await client.run(small.url, plain), client);
    });

    it.each(clients)("%s finds the ball it points at, with the built-in model", async (_, client) => {
      expectAll(await client.run(builtIn.url, ["n6"]), client);
    });
  });

  // Most of this is waiting, which all versions do at once.
  describe.concurrent("in time", () => {
    let engine: Engine;
    let slowDevice: Harness;
    let slowUrl: string;

    beforeAll(async () => {
      const options = { folder: model, cacheDir: model, device: "cpu", threads: 1 } as const;
      engine = await createEngine({ model: options, segmentThreads: 1 });
      slowDevice = await startHarness({ app: { engine: slowDown(engine, 10_000), interimMs: 1000 } });
      slowUrl = await slowDevice.app.listen({ host: "127.0.0.1", port: 0 });
    });
    afterAll(async () => {
      await slowDevice?.app.close();
      await engine?.close();
    });

    it.each(clients)(
      "%s needs its key and a place, and loses that place when it is idle or gone",
      async (_, client) => {
        const key = "correct-horse";
        const leases = ["--leases", "8", "--lease-idle-seconds", "12", "--lease-liveness-seconds", "10"];
        const server = await start(["--model", model, "--token", key, ...leases]);
        try {
          expectAll(await client.run(server.url, strict, { key }), client);
          // 2.1 sends no heartbeats by itself: it is taken for gone sooner than for idle.
          expectAll(await client.run(server.url, slow, { key, together: true }), client);
        } finally {
          await server.stop();
        }
      },
    );

    it.each(clients)("%s connects again after the server was started anew", async (_, client) => {
      const data = mkdtempSync(join(tmpdir(), "septum-conformance-"));
      const flags = ["--model", model, "--port", `${await freePort()}`];
      let server = await start(flags, data);
      const whenReady = async () => {
        await server.stop();
        server = await start(flags, data);
      };
      try {
        expectAll(await client.run(server.url, ["n21"], { whenReady }), client);
      } finally {
        await server.stop();
        rmSync(data, { recursive: true, force: true });
      }
    });

    it.each(clients)(
      "%s waits longer for a prediction than it waits for silence, and is heard meanwhile",
      async (_, client) => {
        expectAll(await client.run(slowUrl, ["n16"]), client);
      },
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
