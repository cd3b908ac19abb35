import { describe, expect, it } from "vitest";
import { EngineClosedError, ImageLostError } from "./errors.ts";
import { connect } from "./rpc.ts";
import type { SegmentMethods } from "./segment-protocol.ts";
import { createSegmentThreads } from "./segment-threads.ts";
import type { Thread } from "./thread.ts";

describe("createSegmentThreads()", () => {
  it("seats an image on the thread with the fewest", () => {
    const { threads, started } = createThreads(2);
    const seats = [threads.seat(), threads.seat(), threads.seat()];
    expect(seats.map(({ remote }) => started.findIndex((thread) => thread.remote === remote))).toEqual([0, 1, 0]);
    seats[0].leave();
    seats[0].leave();
    seats[2].leave();
    expect(threads.seat().remote).toBe(started[0].remote);
  });

  it("rejects the calls of a thread that died, and seats new images on another", async () => {
    const { threads, started } = createThreads(1);
    const seat = threads.seat();
    const call = seat.remote.call("save", { image: 1, label: 1 });
    started[0].end(new Error("Out of memory"));
    const error = await call.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ImageLostError);
    expect(error).toMatchObject({
      message: "The thread that held this image stopped: open the image again from its file",
      cause: { message: "Out of memory" },
    });
    await expect(seat.remote.call("undo", { image: 1, label: 1 })).rejects.toThrow(ImageLostError);
    expect(threads.seat().remote).toBe(started[1].remote);
  });

  it("counts a thread that died, and will be started when needed, as no hindrance to a ping", async () => {
    const { threads, started } = createThreads(1);
    const ping = threads.ping();
    started[0].end(new Error("Out of memory"));
    await expect(ping).rejects.toThrow(ImageLostError);
    await expect(threads.ping()).resolves.toBeUndefined();
  });

  it("does not start threads again when it closes", async () => {
    const { threads, started } = createThreads(2);
    const call = threads.seat().remote.call("save", { image: 1, label: 1 });
    const closing = threads.close();
    await expect(call).rejects.toThrow(EngineClosedError);
    await closing;
    expect(started.length).toBe(2);
  });
});

interface FakeThread extends Thread<SegmentMethods> {
  end(cause: Error): void;
}

/** Threads that never answer, and end when the test says so. */
function createThreads(count: number) {
  const started: FakeThread[] = [];
  const threads = createSegmentThreads(count, () => {
    let end: (cause: Error) => void = () => {};
    const ended = new Promise<Error>((resolve) => {
      end = resolve;
    });
    const remote = connect<SegmentMethods, Record<never, never>>({ postMessage() {}, on() {} }, {});
    const thread: FakeThread = { remote, ended, end, stop: async () => end(new Error("Stopped")) };
    started.push(thread);
    return thread;
  });
  return { threads, started };
}
