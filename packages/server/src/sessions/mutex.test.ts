import { describe, expect, test } from "vitest";
import { createMutex } from "./mutex.ts";

describe("createMutex()", () => {
  test("runs one at a time in the order of arrival, also after a failure", async () => {
    const mutex = createMutex();
    const log: string[] = [];
    const work = (name: string, fail = false) =>
      mutex.run(async () => {
        log.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`${name} out`);
        if (fail) throw new Error(`${name} failed`);
      });
    const results = await Promise.allSettled([work("a"), work("b", true), work("c")]);
    expect(log).toEqual(["a in", "a out", "b in", "b out", "c in", "c out"]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(mutex.busy).toBe(false);
  });

  test("lets whoever gives up go at once, and keeps those behind waiting for those before", async () => {
    const mutex = createMutex();
    const stop = new AbortController();
    let release = () => {};
    const log: string[] = [];
    const first = mutex.run(() => new Promise<void>((resolve) => (release = resolve)));
    const second = mutex.run(async () => void log.push("second"), stop.signal);
    const third = mutex.run(async () => void log.push("third"));
    stop.abort(new Error("gave up"));
    await expect(second).rejects.toThrow("gave up");
    expect(log).toEqual([]);
    release();
    await Promise.all([first, third]);
    expect(log).toEqual(["third"]);
  });

  test("does not begin with a signal that has aborted", async () => {
    const ran = createMutex().run(async () => "ran", AbortSignal.abort(new Error("too late")));
    await expect(ran).rejects.toThrow("too late");
  });
});
