import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { contentOf, sessionIds, stepsOf } from "./crash-steps.mjs";
import { diskStore } from "./disk-store.ts";
import type { Store } from "./store.ts";

const rounds = 40;
const script = fileURLToPath(new URL("./crash.child.mjs", import.meta.url));

/** Lets the child work for a while, kills it, and returns how many steps of each session it had been told were done. */
async function workUntilKilled(folder: string, seed: number, afterMs: number): Promise<number[]> {
  const child = spawn(process.execPath, [script, folder, String(seed)], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  let output = "";
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on("data", (chunk) => {
    output += chunk;
    // Counted from the first commit: starting Node takes longer than many commits.
    timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs);
  });
  await closed;
  clearTimeout(timer);
  const done = sessionIds.map(() => 0);
  for (const line of output.split("\n").slice(0, -1)) {
    const [session, steps] = line.split(" ").map(Number);
    if (steps !== undefined) done[session ?? 0] = steps;
  }
  return done;
}

/** The session after its first `count` steps. */
function modelOf(seed: number, session: number, count: number) {
  const blobs = new Map<string, number>();
  let image: number | undefined;
  for (const step of stepsOf(seed, session).slice(0, count)) {
    for (const key of step.remove) blobs.delete(key);
    if (step.image !== undefined) {
      blobs.clear();
      image = step.image;
    }
    for (const { key, content } of step.put) blobs.set(key, content);
  }
  return { blobs, image };
}

async function expectModel(store: Store, seed: number, session: number, count: number) {
  const id = sessionIds[session] ?? "";
  const { blobs, image } = modelOf(seed, session, count);
  for (let n = 0; n < 5; n++) {
    const content = blobs.get(`blob ${n}`);
    const expected = content === undefined ? undefined : contentOf(content);
    const stored = store.blob(id, `blob ${n}`);
    expect(stored?.length).toBe(expected?.length);
    if (stored && expected) expect(Buffer.compare(stored, expected)).toBe(0);
  }
  const record = store.get(id);
  const path = record && store.imagePath(record);
  expect(path === undefined).toBe(image === undefined);
  if (path && image !== undefined) expect(Buffer.compare(await readFile(path), contentOf(image))).toBe(0);
}

describe("diskStore() killed at any moment", () => {
  it(`holds every acknowledged commit whole, and no half of another, ${rounds} times`, async () => {
    const seed = 20_261;
    const folder = await mkdtemp(join(tmpdir(), "septum-crash-"));
    let committed = 0;
    let unacknowledged = 0;
    try {
      for (let round = 0; round < rounds; round++) {
        // Pauses spread unevenly over the work of a few dozen commits.
        const told = await workUntilKilled(folder, seed, (round * 37) % 101);
        const store = await diskStore(folder);
        for (const [session, id] of sessionIds.entries()) {
          const state = store.get(id)?.state as { step: number } | undefined;
          const count = state ? state.step + 1 : 0;
          const acknowledged = told[session] ?? 0;
          // One commit per session is under way: it may have happened unheard, and nothing else.
          if (acknowledged > 0) expect([acknowledged, acknowledged + 1]).toContain(count);
          if (acknowledged > 0 && count > acknowledged) unacknowledged++;
          await expectModel(store, seed, session, count);
          if (count > 0)
            expect((await readdir(join(folder, "sessions")).catch(() => [])).length).toBeLessThanOrEqual(3);
          committed = Math.max(committed, count);
        }
        expect((await readdir(folder)).sort()).toEqual(["alive", "records", "sessions"]);
        await store.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    process.stdout.write(`${rounds} kills, up to ${committed} commits a session, ${unacknowledged} unheard\n`);
    expect(committed).toBeGreaterThan(rounds);
  });
});
