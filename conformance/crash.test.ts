import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createEngine, type Engine } from "@septum/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, startHarness } from "../packages/server/src/testing/harness.ts";
import { type ChainReport, runChain } from "./crash/chain.ts";
import { smallModel } from "./small-model.ts";
import { serverCommand } from "./start-server.ts";

const fakeServer = fileURLToPath(new URL("./crash/fake-server.mjs", import.meta.url));
/**
 * `SEPTUM_CRASH_ROUNDS=200 npm test -- conformance/crash.test` goes on for longer, from another seed each time or from
 * `SEPTUM_CRASH_SEED=7`. A few dozen kills show what broke plainly; what breaks seldom takes hundreds.
 */
const longer = Number(process.env.SEPTUM_CRASH_ROUNDS ?? 0);
const seed = Number(process.env.SEPTUM_CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** Seeds that once found something, and what it was. */
const found: readonly (readonly [what: string, seed: number])[] = [];

/** Most kills hit servers with the tests' fake engine, which start in half the time; everything else is the same. */
const fakeRounds = longer || 40;
const fakeTogether = 4;
const realRounds = Math.ceil(longer / 4) || 8;

const hour = 3_600_000;

describe("a server killed at random points of a random script", () => {
  let twin: Harness;
  afterAll(() => twin?.app.close());

  it(
    "has all that was answered and nothing half, under the tests' engine",
    async () => {
      twin = await startHarness();
      const url = await twin.app.listen({ host: "127.0.0.1", port: 0 });
      const command = (folders: readonly string[]) => [fakeServer, ...folders];
      const options = { together: fakeTogether, twin: url, command };
      say(seed, await runChain({ seed, rounds: fakeRounds, ...options }));
      for (const [what, old] of found) {
        process.stdout.write(`again: ${what}\n`);
        say(old, await runChain({ seed: old, rounds: 20, ...options }));
      }
    },
    longer ? 10 * hour : 1_800_000,
  );
});

describe("`septum serve` killed at random points of a random script", () => {
  let engine: Engine;
  let twin: Harness;
  let model: string;

  beforeAll(async () => {
    model = smallModel();
    const options = { folder: model, cacheDir: model, device: "cpu", threads: 1 } as const;
    engine = await createEngine({ model: options, segmentThreads: 1 });
    twin = await startHarness({ app: { engine } });
  });

  afterAll(async () => {
    await twin?.app.close();
    await engine?.close();
    rmSync(model, { recursive: true, force: true });
  });

  it(
    "has every mask, prompt and step of history, bit for bit as one that was never killed",
    async () => {
      const url = await twin.app.listen({ host: "127.0.0.1", port: 0 });
      const flags = ["--model", model, "--device", "cpu", "--threads", "1"];
      const command = ([data]: readonly string[]) => serverCommand(flags, data as string);
      say(seed, await runChain({ seed, rounds: realRounds, together: 1, twin: url, command }));
    },
    longer ? 10 * hour : 1_800_000,
  );
});

function say(from: number, { kills, early, calls, unheard }: ChainReport): void {
  process.stdout.write(
    `seed ${from}: ${kills} kills (${early} while starting), ${calls} calls, ${unheard} happened unheard\n`,
  );
  expect(calls).toBeGreaterThan(kills);
}
