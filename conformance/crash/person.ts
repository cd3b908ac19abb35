import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { type Answer, type Call, make, randomCall, uploadHalf } from "./calls.ts";
import type { Random } from "./random.ts";
import { scans } from "./scans.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/** A server that a person talks to until it is killed. */
export interface Victim {
  readonly url: string;
  /** To be told of every call before it is made. */
  calling(): void;
}

interface Entry {
  readonly call: Call;
  /** Absent: the server was killed before the answer. */
  readonly answer?: Answer;
}

/**
 * Somebody at work in one session of a server that is killed now and then, one call after the other, and a twin of the
 * session on a server that is not. What was answered is done to the twin as well; then both must be the same.
 */
export interface Person {
  /** Session on the killed server; undefined before the first and after its deletion. */
  readonly sessionId: string | undefined;
  /** The file that must be on the killed server's disk. */
  readonly file: Buffer | undefined;
  /** Makes calls until the server is gone. */
  work(victim: Victim): Promise<void>;
  /** Compares the server that was started again with the twin. True: a call that was not answered had happened. */
  check(url: string): Promise<boolean>;
  /** Takes every step back, on both sides, comparing after each; then the object is as before its first prompt. */
  undoAll(url: string): Promise<void>;
}

export function createPerson(random: Random, twin: string): Person {
  let id: string | undefined;
  let twinId: string | undefined;
  let scan: number | undefined;
  let journal: Entry[] = [];

  const nextCall = (): Call => {
    if (id !== undefined && random.chance(0.02)) return { method: "DELETE", path: `/api/session/${id}` };
    if (id !== undefined && scan !== undefined) return randomCall(random);
    return random.chance(0.3) ? { method: "POST", path: "/api/session" } : uploadOf(random.below(scans.length));
  };

  const note = (call: Call, { status, sessionId }: Answer) => {
    if (status !== 200) return;
    id = sessionId;
    if (call.scan !== undefined) scan = call.scan;
    if (isDeletion(call)) id = scan = undefined;
  };

  /** The same on the twin, which answers in its own words about its own session. */
  const repeat = async (call: Call): Promise<Answer> => {
    const path = isDeletion(call) ? `/api/session/${twinId}` : call.path;
    const answer = await make({ ...call, path }, twin, isDeletion(call) ? undefined : twinId);
    if (answer.status === 200) twinId = isDeletion(call) ? undefined : answer.sessionId;
    return answer;
  };

  const twinSnapshot = async () => (twinId === undefined ? undefined : snapshotOf(twin, twinId));

  return {
    get sessionId() {
      return id;
    },
    get file() {
      return scan === undefined ? undefined : scans[scan];
    },

    async work(victim) {
      for (;;) {
        if (id !== undefined && random.chance(0.01)) {
          victim.calling();
          return uploadHalf(victim.url, id, random.next());
        }
        const call = nextCall();
        victim.calling();
        const answer = await make(call, victim.url, isDeletion(call) ? undefined : id).catch(() => undefined);
        journal.push({ call, answer });
        if (!answer) return;
        note(call, answer);
      }
    },

    async check(url) {
      for (const { call, answer } of journal) {
        if (!answer) continue;
        const { sessionId: _own, ...repeated } = await repeat(call);
        const { sessionId: _other, ...answered } = answer;
        expect(answered, history(journal)).toEqual(repeated);
      }
      const unheard = journal.find(({ answer }) => !answer)?.call;
      // Nobody knows the id of a session whose making was not answered.
      if (id === undefined) {
        journal = [];
        return false;
      }
      const snapshot = await snapshotOf(url, id);
      let expected = await twinSnapshot();
      const happened = unheard !== undefined && expected !== undefined && !isDeepStrictEqual(snapshot, expected);
      if (happened) {
        const done = donePart(unheard, expected, snapshot);
        note(done, { ...(await repeat(done)), sessionId: id });
        expected = await twinSnapshot();
      }
      expect(snapshot, history(journal)).toEqual(expected);
      journal = [];
      return happened;
    },

    async undoAll(url) {
      if (id === undefined) return;
      for (const label of [1, 2, 3]) {
        for (let more = true; more; ) {
          const call: Call = { method: "POST", path: `/api/segments/${label}/undo?frame=mask` };
          const answer = await make(call, url, id);
          const { sessionId: _own, ...repeated } = await repeat(call);
          expect(answer).toMatchObject(repeated);
          more = answer.status === 200;
        }
      }
      expect(await snapshotOf(url, id)).toEqual(await twinSnapshot());
    },
  };
}

/**
 * What a call did before the kill: a run is whole object by object, so that it may have made the first few. One of all points passes
 * locked objects by, while one that names them is refused.
 */
function donePart(call: Call, before: Snapshot | undefined, after: Snapshot | undefined): Call {
  if (call.path !== "/api/run_segmentation" || !before || !after) return call;
  const asked = (call.json as { numbers?: number[] } | undefined)?.numbers;
  const marked = (before.points as { points: { number: number }[] }).points.map(({ number }) => number);
  const { labels } = before.labels as { labels: { number: number; locked: boolean }[] };
  const locked = labels.filter((label) => label.locked).map(({ number }) => number);
  const open = marked.filter((number) => !locked.includes(number));
  const { steps } = after.history as { steps: { labels: number[] }[] };
  const last = Math.max(0, ...(steps.at(-1)?.labels ?? []));
  return { ...call, json: { numbers: (asked ?? open).filter((number) => number <= last) } };
}

function isDeletion({ method, path }: Call): boolean {
  return method === "DELETE" && path.startsWith("/api/session/");
}

function uploadOf(scan: number): Call {
  return { method: "POST", path: "/api/upload", scan };
}

/** The calls since the last restart, to be read when a comparison fails. */
function history(journal: readonly Entry[]): string {
  return journal
    .slice(-12)
    .map(({ call, answer }) => {
      const what = call.scan === undefined ? JSON.stringify(call.json ?? "") : `scan ${call.scan}`;
      return `${call.method} ${call.path} ${what} → ${answer ? answer.status : "killed"}`;
    })
    .join("\n");
}
