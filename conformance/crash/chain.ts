import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { killWhileStarting, type RunningServer, startProcess } from "../start-server.ts";
import { createPerson, type Person } from "./person.ts";
import { seededRandom } from "./random.ts";
import { scans } from "./scans.ts";

export interface ChainOptions {
  readonly seed: number;
  /** Kills. */
  readonly rounds: number;
  /** Address of a server that is never killed, with the same engine. */
  readonly twin: string;
  /** Arguments for Node that start the server over a data folder. */
  readonly command: (data: string) => readonly string[];
}

export interface ChainReport {
  readonly kills: number;
  /** Of them while the server was starting. */
  readonly early: number;
  readonly calls: number;
  /** Calls that were not answered and had happened. */
  readonly unheard: number;
}

const people = 3;
/** Most calls before a kill. */
const longestScript = 36;
/** Most milliseconds between the last of them and the kill. */
const longestDelay = 12;

/**
 * Lets three people work on a server that is killed at random points and started again on the same folder, and compares
 * after every start. Which calls are made follows from the seed; how far the server is with them when it dies does not.
 */
export async function runChain({ seed, rounds, twin, command }: ChainOptions): Promise<ChainReport> {
  const random = seededRandom(seed);
  const data = await mkdtemp(join(tmpdir(), "septum-crash-"));
  const persons = Array.from({ length: people }, () => createPerson(seededRandom(random.below(2 ** 32)), twin));
  const report = { kills: 0, early: 0, calls: 0, unheard: 0 };
  let startMs = 1_000;
  let server: RunningServer | undefined;
  try {
    while (report.kills < rounds) {
      if (random.chance(0.1)) {
        await killWhileStarting(command(data), random.next() * startMs);
        report.early++;
        report.kills++;
      }
      const started = performance.now();
      server = await startProcess(command(data));
      startMs = performance.now() - started;
      await compare(server.url);
      report.calls += await workUntilKilled(server);
      report.kills++;
    }
    server = await startProcess(command(data));
    await compare(server.url);
    for (const person of persons) await person.undoAll(server.url);
    await compare(server.url);
  } catch (error) {
    process.stdout.write(`seed ${seed}, kill ${report.kills}:\n${server?.output.slice(-2_000)}\n`);
    throw error;
  } finally {
    await server?.kill();
    await rm(data, { recursive: true, force: true });
  }
  return report;

  async function compare(url: string): Promise<void> {
    const heard = await Promise.all(persons.map((person) => person.check(url)));
    report.unheard += heard.filter(Boolean).length;
    await expectFiles(join(data, "store"), persons);
  }

  /** Resolves to the number of calls made. */
  async function workUntilKilled({ url, kill }: RunningServer): Promise<number> {
    const killAt = 1 + random.below(longestScript);
    const delay = random.next() * longestDelay;
    let calls = 0;
    let killed: Promise<void> | undefined;
    const calling = () => {
      if (++calls === killAt) setTimeout(() => (killed = kill()), delay);
    };
    await Promise.all(persons.map((person) => person.work({ url, calling })));
    await killed;
    return calls;
  }
}

/** No upload is left over, and every session's folder holds the one file that came, whole. */
async function expectFiles(store: string, persons: readonly Person[]): Promise<void> {
  expect(await names(join(store, "uploads"))).toEqual([]);
  for (const folder of await names(join(store, "sessions"))) {
    const files = await names(join(store, "sessions", folder));
    expect(files).toHaveLength(1);
    const bytes = await readFile(join(store, "sessions", folder, files[0]!));
    const person = persons.find(({ sessionId }) => sessionId === folder);
    // A session that nobody was told of is whole all the same.
    const expected = person ? [person.file] : scans;
    expect(expected.some((file) => file?.equals(bytes))).toBe(true);
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
