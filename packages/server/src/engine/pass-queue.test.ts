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

  it("keeps the device for the next pass of one who is first in line, and no longer than that one works", async () => {
    const queue = createPassQueue();
    const device = createDevice();
    const refining = await refineFor(queue, device, 20, 9);
    const done = queue.expect("b");
    const click = [queue.submit(device.pass("b0"))];
    await device.finish("a19");
    for (const next of ["b1", "b2"]) {
      // Long enough that the device would wait for long.
      await new Promise((resolve) => setTimeout(resolve, 400));
      await device.finish(device.started.at(-1) as string);
      expect([queue.running, queue.waiting]).toEqual([0, 9]);
      click.push(queue.submit(device.pass(next)));
    }
    expect(device.started.slice(20)).toEqual(["b0", "b1", "b2"]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await device.finish("b2");
    expect(queue.running).toBe(0);
    done();
    expect(device.started.at(-1)).toBe("a20");
    expect(await Promise.all(click)).toEqual(["b0", "b1", "b2"]);
    for (let n = 20; n < 29; n++) await device.finish(`a${n}`);
    await Promise.all(refining);
  });

  it("gives the device to others when the next pass does not come", async () => {
    const queue = createPassQueue();
    const device = createDevice();
    const refining = await refineFor(queue, device, 20, 1);
    const done = queue.expect("b");
    const click = queue.submit(device.pass("b0"));
    await device.finish("a19");
    await new Promise((resolve) => setTimeout(resolve, 400));
    await device.finish("b0");
    expect([queue.running, queue.waiting]).toEqual([0, 1]);
    await expect.poll(() => device.started.at(-1), { timeout: 20_000 }).toEqual("a20");
    await device.finish("a20");
    done();
    await Promise.all([...refining, click]);
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

/** Lets owner `a` be served for a while: the pass before the last `more` runs, those wait. */
async function refineFor(
  queue: ReturnType<typeof createPassQueue>,
  device: ReturnType<typeof createDevice>,
  passes: number,
  more: number,
): Promise<Promise<string>[]> {
  const all = Array.from({ length: passes + more }, (_, n) => queue.submit(device.pass(`a${n}`)));
  for (let n = 0; n < passes - 1; n++) await device.finish(`a${n}`);
  return all;
}

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
