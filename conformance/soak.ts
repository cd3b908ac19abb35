import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Answer, type Call, make, randomCall } from "./crash/calls.ts";
import { type Random, seededRandom } from "./crash/random.ts";
import { scans } from "./crash/scans.ts";
import { type Snapshot, snapshotOf } from "./crash/snapshot.ts";

export interface SoakOptions {
  readonly url: string;
  /** The server's process, whose memory is watched. */
  readonly pid: number;
  readonly sessions: number;
  readonly seconds: number;
  readonly seed: number;
  /** Told now and then how it is going. */
  readonly say?: (line: string) => void;
}

export interface SoakReport {
  readonly visits: number;
  readonly calls: number;
  /** Calls answered otherwise, and sessions that ended otherwise, than when the same calls were made alone. */
  readonly wrong: number;
  readonly answeredMs: readonly number[];
  /** Resident memory of the server in MiB: how much at the beginning, after each tenth of the time, and at the end. */
  readonly memory: readonly number[];
}

interface Script {
  readonly calls: readonly Call[];
  /** What they were answered when nobody else was there, masks as hashes of their bytes; and the session in the end. */
  readonly answers: readonly Answer[];
  readonly end: Snapshot | undefined;
}

const scripts = 6;
const callsPerScript = 10;

/**
 * Many people at once, each in one session after the other: upload a scan, do random work, look at the result, delete the
 * session or leave it. Every script was done alone first, and everybody must get from it what was made then.
 */
export async function soak({ url, pid, sessions, seconds, seed, say }: SoakOptions): Promise<SoakReport> {
  const random = seededRandom(seed);
  const known: Script[] = [];
  for (let n = 0; n < scripts; n++) known.push(await doneAlone(url, randomScript(random)));

  const answeredMs: number[] = [];
  const memory = [residentMiB(pid)];
  let visits = 0;
  let wrong = 0;
  const until = performance.now() + 1000 * seconds;
  const isOver = () => performance.now() >= until;

  const watch = async () => {
    for (let tenth = 1; tenth <= 10; tenth++) {
      await pause(100 * seconds);
      memory.push(residentMiB(pid));
      say?.(`${tenth * 10} %: ${memory.at(-1)} MiB, ${visits} visits, ${answeredMs.length} calls, ${wrong} wrong`);
    }
  };
  const person = async (own: Random) => {
    while (!isOver()) {
      const { calls, answers, end } = own.pick(known);
      let id: string | undefined;
      for (const [n, call] of calls.entries()) {
        if (isOver()) break;
        const started = performance.now();
        const answer = await make(call, url, id);
        answeredMs.push(performance.now() - started);
        if (answer.status >= 500) throw new Error(`${call.method} ${call.path}: ${JSON.stringify(answer)}`);
        if (!isDeepStrictEqual(withoutId(answer), withoutId(answers[n] as Answer))) wrong++;
        id ??= answer.sessionId;
        if (own.chance(0.1)) await pause(own.below(200));
      }
      if (id === undefined) return;
      if (!isOver()) {
        visits++;
        if (!isDeepStrictEqual(await snapshotOf(url, id), end)) wrong++;
      }
      await make({ method: "DELETE", path: `/api/session/${id}` }, url);
    }
  };
  const people = Array.from({ length: sessions }, () => person(seededRandom(random.below(2 ** 32))));
  await Promise.all([watch(), ...people]);
  return { visits, wrong, calls: answeredMs.length, answeredMs, memory };
}

function randomScript(random: Random): readonly Call[] {
  const first: Call = { method: "POST", path: "/api/upload", scan: random.below(scans.length) };
  return [first, ...Array.from({ length: callsPerScript }, () => randomCall(random))];
}

async function doneAlone(url: string, calls: readonly Call[]): Promise<Script> {
  const answers: Answer[] = [];
  for (const call of calls) answers.push(await make(call, url, answers[0]?.sessionId));
  const id = answers[0]?.sessionId as string;
  const end = await snapshotOf(url, id);
  await make({ method: "DELETE", path: `/api/session/${id}` }, url);
  return { calls, answers, end };
}

function withoutId({ sessionId: _, ...answer }: Answer): Omit<Answer, "sessionId"> {
  return answer;
}

/** Resident memory of a process; 0 where there is no `ps`. */
function residentMiB(pid: number): number {
  if (process.platform === "win32") return 0;
  return Math.round(Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)])) / 1024);
}
