import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { smallModel } from "./small-model.ts";
import { soak } from "./soak.ts";
import { type RunningServer, startServer } from "./start-server.ts";

/** `npm run soak -- --minutes 10 --sessions 50` runs for longer, with the built-in model. */
const minutes = Number(process.env.SEPTUM_SOAK_MINUTES ?? 0);
const sessions = Number(process.env.SEPTUM_SOAK_SESSIONS ?? 8);
const seconds = minutes > 0 ? 60 * minutes : 20;
const seed = Number(process.env.SEPTUM_SOAK_SEED ?? Math.floor(Math.random() * 2 ** 32));

let server: RunningServer;
let model: string;

beforeAll(async () => {
  model = smallModel();
  const flags = ["--device", "cpu", "--requests-per-minute", "1000000"];
  if (minutes === 0) flags.push("--model", model);
  server = await startServer(flags);
});

afterAll(async () => {
  await server?.stop();
  rmSync(model, { recursive: true, force: true });
});

it(
  `gives ${sessions} people at once what each would get alone, and lets no memory go`,
  async () => {
    const say = minutes > 0 ? (line: string) => process.stdout.write(`${line}\n`) : undefined;
    const options = { url: server.url, pid: server.pid, sessions, seconds, seed, say };
    const { visits, calls, wrong, answeredMs, memory } = await soak(options);
    const sorted = answeredMs.toSorted((a, b) => a - b);
    const [p50, p99] = [0.5, 0.99].map((q) => Math.round(sorted[Math.floor(q * (sorted.length - 1))] ?? 0));
    process.stdout.write(
      `seed ${seed}: ${sessions} people, ${seconds} s, ${visits} visits, ${calls} calls (p50 ${p50} ms, p99 ${p99} ms), memory ${memory.join(" ")} MiB\n`,
    );
    expect(visits).toBeGreaterThan(0);
    expect(wrong, "visits that ended otherwise than alone").toBe(0);
    // The first half is for caches and pools to fill.
    const [, , , , , middle = 0] = memory;
    expect(Math.max(...memory.slice(6))).toBeLessThan(1.25 * middle + 100);
  },
  1000 * (seconds + 600),
);
