import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { smallModel } from "./small-model.ts";
import { soak } from "./soak.ts";
import { type RunningServer, startServer } from "./start-server.ts";

/** `npm run soak -- --minutes 10 --sessions 50` runs for longer. */
const minutes = Number(process.env.SEPTUM_SOAK_MINUTES ?? 0);
const sessions = Number(process.env.SEPTUM_SOAK_SESSIONS ?? 8);
const seconds = minutes > 0 ? 60 * minutes : 10;
const seed = Number(process.env.SEPTUM_SOAK_SEED ?? Math.floor(Math.random() * 2 ** 32));
const [scripts, rests] = minutes > 0 ? [24, 5] : [6, 2];

/** Most that resident memory may grow after the first rest. A few seconds of work alone have made it differ by 55 MiB. */
const allowedGrowthMiB = minutes > 0 ? 50 : 150;

let server: RunningServer;
let model: string;

beforeAll(async () => {
  model = smallModel();
  server = await startServer(["--model", model, "--device", "cpu", "--requests-per-minute", "unlimited"]);
});

afterAll(async () => {
  await server?.stop();
  rmSync(model, { recursive: true, force: true });
});

const print = (line: string) => process.stdout.write(`${line}\n`);

it(
  `gives ${sessions} people at once what each would get alone, and lets no memory go`,
  async () => {
    const say = minutes > 0 ? print : undefined;
    print(`seed ${seed}: ${sessions} people, ${seconds} s`);
    const report = await soak({ url: server.url, sessions, seconds, seed, scripts, rests, say });
    const { visits, answers, wrong, milliseconds, resting } = report;
    const sorted = milliseconds.toSorted((a, b) => a - b);
    const [p50, p99] = [0.5, 0.99].map((q) => Math.round(sorted[Math.floor(q * (sorted.length - 1))] ?? 0));
    const perSecond = (milliseconds.length / seconds).toFixed(1);
    print(`${visits} visits, ${milliseconds.length} steps, ${perSecond} a second, p50 ${p50} ms, p99 ${p99} ms`);
    print(
      `answers: ${Object.entries(answers)
        .map(([outcome, times]) => `${outcome} × ${times}`)
        .join(", ")}`,
    );
    const resident = resting.map(({ residentMiB }) => residentMiB);
    print(`resident while all rest: ${resident.map(Math.round).join(" ")} MiB`);
    for (const line of wrong.slice(0, 5)) print(`wrong: ${line}`);

    expect(visits).toBeGreaterThan(0);
    expect(wrong.length, "steps that gave something else than alone").toBe(0);
    expect(resting.map(({ open, heldMiB }) => [open, heldMiB])).toEqual(resting.map(() => [0, 0]));
    expect(resident.at(-1)).toBeLessThan((resident[0] as number) + allowedGrowthMiB);
    expect(resting.at(-1)).toMatchObject({ resting: 0, diskMiB: 0 });
  },
  1000 * (seconds + 900),
);
