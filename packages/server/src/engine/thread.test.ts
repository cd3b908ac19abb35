import { describe, expect, it } from "vitest";
import type { SegmentMethods } from "./segment-protocol.ts";
import { startThread } from "./thread.ts";

describe("startThread()", () => {
  it("connects to a worker, and tells when it has ended", async () => {
    const thread = startThread<SegmentMethods, Record<never, never>>("segment-worker", { settings: {} }, {});
    await expect(thread.remote.call("undo", { image: 7, label: 1 })).rejects.toThrow(
      "There is no image 7 in this thread",
    );
    await thread.stop();
    expect((await thread.ended).message).toBe("The thread ended with code 1");
  });

  it("tells why a worker ended by itself", async () => {
    const { ended } = startThread("segment-worker", undefined, {});
    expect((await ended).message).toMatch(/settings/);
  });
});
