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
  /** Servers to be killed. */
  readonly rounds: number;
  /** Servers in one process, each over a folder of its own: most of a round is spent on starting the process. */
  readonly together: number;
  /** Address of a server that is never killed, with the same engine. */
  readonly twin: string;
  /** Arguments for Node that start the servers over their data folders, and print their addresses at once. */
  readonly command: (folders: readonly string[]) => readonly string[];
}

export interface ChainReport {
  readonly kills: number;
  /** Of them while the server was starting. */
  readonly early: number;
  readonly calls: number;
  /** Calls that were not answered and had happened. */
  readonly unheard: number;
}

/** In every server. */
const people = 3;
/** Most calls of a server before a kill. */
const longestScript = 36;
/** Most milliseconds between the last of them and the kill. */
const longestDelay = 12;

/** A data folder and those who work in it. */
interface Place {
  readonly data: string;
  readonly persons: readonly Person[];
}

/**
 * Lets three people work on each server that is killed at random points and started again on the same folder, and compares
 * after every start. Which calls are made follows from the seed; how far the servers are with them when they die does not.
 */
export async function runChain({ seed, rounds, together, twin, command }: ChainOptions): Promise<ChainReport> {
  const random = seededRandom(seed);
  const places: Place[] = [];
  for (let n = 0; n < together; n++) {
    const persons = Array.from({ length: people }, () => createPerson(seededRandom(random.below(2 ** 32)), twin));
    places.push({ data: await mkdtemp(join(tmpdir(), "septum-crash-")), persons });
  }
  const args = command(places.map(({ data }) => data));
  const report = { kills: 0, early: 0, calls: 0, unheard: 0 };
  let startMs = 1_000;
  let server: RunningServer | undefined;
  try {
    while (report.kills < rounds) {
      if (random.chance(0.1)) {
        await killWhileStarting(args, random.next() * startMs);
        report.early += together;
        report.kills += together;
      }
      const started = performance.now();
      server = await startProcess(args);
      startMs = performance.now() - started;
      await compare(server);
      report.calls += await workUntilKilled(server);
      report.kills += together;
    }
    server = await startProcess(args);
    await compare(server);
    const urls = addresses(server);
    await Promise.all(places.flatMap(({ persons }, n) => persons.map((person) => person.undoAll(urls[n]!))));
    await compare(server);
  } catch (error) {
    process.stdout.write(`seed ${seed}, kill ${report.kills}:\n${server?.output.slice(-2_000)}\n`);
    throw error;
  } finally {
    await server?.kill();
    for (const { data } of places) await rm(data, { recursive: true, force: true });
  }
  return report;

  async function compare(running: RunningServer): Promise<void> {
    const urls = addresses(running);
    const heard = await Promise.all(
      places.flatMap(({ persons }, n) => persons.map((person) => person.check(urls[n]!))),
    );
    report.unheard += heard.filter(Boolean).length;
    for (const { data, persons } of places) await expectFiles(join(data, "store"), persons);
  }

  /** Resolves to the number of calls made. */
  async function workUntilKilled(running: RunningServer): Promise<number> {
    const urls = addresses(running);
    const killAt = 1 + random.below(longestScript * together);
    const delay = random.next() * longestDelay;
    let calls = 0;
    let killed: Promise<void> | undefined;
    const calling = () => {
      if (++calls === killAt) setTimeout(() => (killed = running.kill()), delay);
    };
    await Promise.all(
      places.flatMap(({ persons }, n) => persons.map((person) => person.work({ url: urls[n]!, calling }))),
    );
    await killed;
    return calls;
  }
}

/** Of the servers in one process, in the order of their folders. */
function addresses({ output }: RunningServer): readonly string[] {
  return output.match(/http:\/\/[\w.:[\]-]+/g) ?? [];
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
