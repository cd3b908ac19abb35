import { describe, expect, it } from "vitest";
import { runInTurns } from "./in-turns.ts";

function* slow(steps: number): Generator<undefined, number, void> {
  for (let n = 0; n < steps; n++) {
    const end = performance.now() + 5;
    while (performance.now() < end);
    yield;
  }
  return steps;
}

describe("runInTurns()", () => {
  it("gives what the work gives, and lets others go meanwhile", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await expect(runInTurns(slow(40), new AbortController().signal)).resolves.toBe(40);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it("stops when it is aborted", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(runInTurns(slow(100_000), stop.signal)).rejects.toThrow("enough");
  });
});
