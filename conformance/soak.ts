import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Random, seededRandom } from "./crash/random.ts";
import { createGate } from "./soak-gate.ts";
import { type Metering, readMetrics, restAll } from "./soak-memory.ts";
import { learnScript, leave, type Script, type Seen, type Step, take, type Visit } from "./soak-script.ts";

export interface SoakOptions {
  readonly url: string;
  readonly sessions: number;
  readonly seconds: number;
  readonly seed: number;
  /** How many different scripts there are. */
  readonly scripts: number;
  /** How often everybody pauses and every session rests, so that memory can be compared: at equal distances, last at the end. */
  readonly rests: number;
  /** Told now and then how it is going. */
  readonly say?: (line: string) => void;
}

export interface SoakReport {
  readonly visits: number;
  /** Steps by what came of them: `200`, or status and code. */
  readonly answers: Readonly<Record<string, number>>;
  /** Steps that gave something else than when they were taken alone. */
  readonly wrong: readonly string[];
  /** How long each step took. */
  readonly milliseconds: readonly number[];
  /** The server each time that all sessions rested. */
  readonly resting: readonly Metering[];
}

const secondsPerLine = 15;

/**
 * Many people at once, each in one session after the other and with one call at a time: upload a scan, do random work, let
 * the session rest, take all of it anew, delete it or come back to it later. Every script was done alone first, and
 * everybody must get from it what was made then.
 */
export async function soak({ url, sessions, seconds, seed, scripts, rests, say }: SoakOptions): Promise<SoakReport> {
  const random = seededRandom(seed);
  const known: Script[] = [];
  while (known.length < scripts) known.push(await learnScript(url, random));

  const gate = createGate();
  const answers: Record<string, number> = {};
  const wrong: string[] = [];
  const milliseconds: number[] = [];
  const resting: Metering[] = [];
  let visits = 0;
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;

  const takeStep = (step: Step, visit: Visit, expected: Seen) =>
    gate.pass(async () => {
      const started = performance.now();
      const seen = await take(step, visit);
      milliseconds.push(performance.now() - started);
      const outcome = outcomeOf(seen);
      answers[outcome] = (answers[outcome] ?? 0) + 1;
      if (!isDeepStrictEqual(seen, expected)) wrong.push(describeWrong(step, seen, expected));
    });

  const work = async (own: Random) => {
    let earlier: { readonly visit: Visit; readonly script: Script } | undefined;
    const comeBack = async () => {
      if (!earlier) return;
      const { visit, script } = earlier;
      await takeStep("reload", visit, script.end);
      await gate.pass(() => leave(visit));
      earlier = undefined;
      visits++;
    };
    // The first visit is made to its end however slow the machine is; a later one is broken off.
    for (let first = true; first || elapsed() < seconds; first = false) {
      const script = own.pick(known);
      const visit: Visit = { url };
      const isOver = () => !first && elapsed() > seconds;
      for (const [n, step] of script.steps.entries()) {
        await takeStep(step, visit, script.expected[n]);
        if (isOver()) break;
        if (own.chance(0.1)) await pause(own.below(200));
      }
      await comeBack();
      if (isOver()) await gate.pass(() => leave(visit));
      else earlier = { visit, script };
      if (own.chance(0.6)) await comeBack();
    }
    await comeBack();
  };

  let working = true;
  const everybody = Promise.all(
    Array.from({ length: sessions }, () => work(seededRandom(random.below(2 ** 32)))),
  ).finally(() => {
    working = false;
  });
  const restNow = async () => {
    const metering = await gate.alone(() => restAll(url));
    resting.push(metering);
    say?.(`${Math.round(elapsed())} s, all resting: ${describe(metering)}`);
  };
  const watch = async () => {
    let lines = 1;
    while (working) {
      await pause(250);
      if (resting.length < rests - 1 && elapsed() > ((resting.length + 1) * seconds) / rests) await restNow();
      else if (say && elapsed() > lines * secondsPerLine) {
        lines = Math.ceil(elapsed() / secondsPerLine);
        const done = `${visits} visits, ${milliseconds.length} steps, ${wrong.length} wrong`;
        say(`${Math.round(elapsed())} s: ${done}, ${describe(await readMetrics(url))}`);
      }
    }
  };
  await Promise.all([everybody, watch()]);
  await restNow();
  return { visits, answers, wrong, milliseconds, resting };
}

/** Status and code of an answer; a look at everything counts as 200. */
function outcomeOf(seen: Seen): string {
  if (!seen) return "rest";
  const { status, body } = seen as { status?: unknown; body?: { code?: unknown } };
  if (typeof status !== "number") return "reload";
  return status === 200 ? "200" : `${status} ${String(body?.code)}`;
}

function describeWrong(step: Step, seen: Seen, expected: Seen): string {
  const what = typeof step === "string" ? step : `${step.method} ${step.path} ${JSON.stringify(step.json ?? "")}`;
  const [got, alone] = [seen, expected].map((side) => (side ?? {}) as unknown as Record<string, unknown>);
  const parts = Object.keys({ ...got, ...alone })
    .filter((key) => !isDeepStrictEqual(got?.[key], alone?.[key]))
    .map((key) => `${key} ${JSON.stringify(got?.[key])} instead of ${JSON.stringify(alone?.[key])}`);
  return `${what}: ${parts.join("; ").slice(0, 1_500)}`;
}

function describe({ residentMiB, heldMiB, open, resting, eventLoopMs, passes, uploads, reopened }: Metering): string {
  const [p99, largest] = eventLoopMs.map(Math.round);
  return [
    `${Math.round(residentMiB)} MiB resident, ${heldMiB.toFixed(1)} held by ${open} open sessions, ${resting} resting`,
    `${uploads} uploads, ${reopened} reopened, ${passes} passes`,
    `event loop ${p99} ms (p99), ${largest} ms (largest)`,
  ].join("; ");
}
