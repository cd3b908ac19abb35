import { describe, expect, it } from "vitest";
import { createGate, reading } from "./gate.ts";

describe("createGate()", () => {
  it("lets readers in together and a writer only when they have left", async () => {
    const gate = createGate();
    const log: string[] = [];
    const first = await gate.enter("reader");
    const second = await gate.enter("reader");
    const writer = gate.enter("writer").then((leave) => {
      log.push("writer in");
      leave();
    });
    first();
    await settled();
    expect(log).toEqual([]);
    second();
    await writer;
    expect(log).toEqual(["writer in"]);
  });

  it("lets no reader in while somebody writes, nor past a writer who waits", async () => {
    const gate = createGate();
    const log: string[] = [];
    const enter = (as: "reader" | "writer", name: string) =>
      gate.enter(as).then((leave) => {
        log.push(name);
        return leave;
      });
    const leaveReader = await enter("reader", "r1");
    const writer = enter("writer", "w1");
    const reader = enter("reader", "r2");
    await settled();
    leaveReader();
    const leaveWriter = await writer;
    await settled();
    expect(log).toEqual(["r1", "w1"]);
    leaveWriter();
    (await reader)();
    expect(log).toEqual(["r1", "w1", "r2"]);
  });
});

describe("reading()", () => {
  it("leaves every gate also when the read fails", async () => {
    const gates = [createGate(), createGate()];
    const failing = reading(gates, () => Promise.reject(new Error("Cannot read")));
    await expect(failing).rejects.toThrow("Cannot read");
    for (const gate of gates) (await gate.enter("writer"))();
  });
});

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
