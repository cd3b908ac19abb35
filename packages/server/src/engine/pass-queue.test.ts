import { describe, expect, it } from "vitest";
import { createPassQueue, type PassRequest } from "./pass-queue.ts";

describe("createPassQueue()", () => {
  it("runs one pass at a time, owners in turn", async () => {
    const queue = createPassQueue();
    const device = createDevice();
    const passes = ["a1", "a2", "b1"].map((name) => queue.submit(device.pass(name)));
    expect([queue.running, queue.waiting]).toEqual([1, 2]);
    await device.finish("a1");
    await device.finish("b1");
    await device.finish("a2");
    expect(await Promise.all(passes)).toEqual(["a1", "a2", "b1"]);
    expect(device.started).toEqual(["a1", "b1", "a2"]);
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  it("tells those who wait how many passes of others run before theirs", async () => {
    const queue = createPassQueue();
    const device = createDevice();
    const places: string[] = [];
    const waiting = (name: string) => ({
      ...device.pass(name),
      onWait: (ahead: number) => places.push(`${name}:${ahead}`),
    });
    const passes = ["a1", "b1", "c1", "c2"].map((name) => queue.submit(waiting(name)));
    expect(places).toEqual(["b1:1", "c1:2", "c2:2"]);
    for (const name of ["a1", "b1", "c1", "c2"]) await device.finish(name);
    await Promise.all(passes);
    expect(places.slice(3)).toEqual(["c1:1", "c2:1", "c2:0"]);
  });

  it("removes a waiting pass at once when it is aborted", async () => {
    const queue = createPassQueue();
    const device = createDevice();
    const abort = new AbortController();
    const first = queue.submit(device.pass("a1"));
    const second = queue.submit({ ...device.pass("b1"), signal: abort.signal });
    const third = queue.submit(device.pass("c1"));
    abort.abort(new Error("Cancelled by the person"));
    await expect(second).rejects.toThrow("Cancelled by the person");
    expect(queue.waiting).toBe(1);
    await device.finish("a1");
    await device.finish("c1");
    await Promise.all([first, third]);
    expect(device.started).toEqual(["a1", "c1"]);
  });

  it("drops the result of a running pass that is aborted, and keeps the device its own until it ends", async () => {
    const queue = createPassQueue();
    const device = createDevice();
    const abort = new AbortController();
    const first = queue.submit({ ...device.pass("a1"), signal: abort.signal });
    const second = queue.submit(device.pass("b1"));
    abort.abort(new Error("Cancelled by the person"));
    await expect(first).rejects.toThrow("Cancelled by the person");
    expect(device.started).toEqual(["a1"]);
    await device.finish("a1");
    await device.finish("b1");
    expect(await second).toBe("b1");
  });

  it("goes on with the next pass after one that failed", async () => {
    const queue = createPassQueue();
    const device = createDevice();
    const failing = queue.submit({
      owner: "a",
      stage: "coarse",
      run: () => Promise.reject(new Error("Out of memory")),
    });
    const next = queue.submit(device.pass("b1"));
    await expect(failing).rejects.toThrow("Out of memory");
    await device.finish("b1");
    expect(await next).toBe("b1");
  });

  it("rejects what waits when closed, and closes when the running pass has ended", async () => {
    const queue = createPassQueue();
    const device = createDevice();
    const running = queue.submit(device.pass("a1"));
    const waiting = queue.submit(device.pass("b1"));
    const closing = queue.close(new Error("The engine is closed"));
    await expect(waiting).rejects.toThrow("The engine is closed");
    await expect(queue.submit(device.pass("c1"))).rejects.toThrow("The engine is closed");
    await device.finish("a1");
    await closing;
    expect(await running).toBe("a1");
  });
});

/** A device whose passes end when the test says so. A pass named `a1` belongs to owner `a`. */
function createDevice() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    pass: (name: string): PassRequest<string> => ({
      owner: name[0],
      stage: "coarse",
      run() {
        started.push(name);
        return new Promise((resolve) => ends.set(name, () => resolve(name)));
      },
    }),
    async finish(name: string) {
      ends.get(name)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
