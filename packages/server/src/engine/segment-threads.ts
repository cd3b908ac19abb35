import { EngineClosedError, ImageLostError } from "./errors.ts";
import type { Remote } from "./rpc.ts";
import type { SegmentMethods } from "./segment-protocol.ts";
import type { Thread } from "./thread.ts";

/** A thread's place for one image: all its objects live there. */
export interface ThreadSeat {
  readonly remote: Remote<SegmentMethods>;
  /** Gives the seat back. */
  leave(): void;
}

/** A fixed number of threads that keep images, each image on one of them. */
export interface SegmentThreads {
  /** A seat on the thread with the fewest images. */
  seat(): ThreadSeat;
  /** Lets the threads give back the shared memory of what was closed. */
  collect(): void;
  close(): Promise<void>;
}

interface Slot {
  thread: Thread<SegmentMethods>;
  images: number;
}

/**
 * A thread that dies takes what it knew with it: calls under way and later ones on its images reject with
 * `ImageLostError`. A new thread takes its place, for images opened from then on.
 */
export function createSegmentThreads(count: number, start: () => Thread<SegmentMethods>): SegmentThreads {
  let closed = false;
  const slots: Slot[] = Array.from({ length: count }, () => {
    const slot: Slot = { thread: start(), images: 0 };
    watch(slot);
    return slot;
  });

  function watch(slot: Slot): void {
    const { remote, ended } = slot.thread;
    void ended.then((cause) => {
      const lost = () =>
        new ImageLostError("The thread that held this image stopped: open the image again from its file", { cause });
      remote.fail(closed ? new EngineClosedError() : lost());
      if (closed) return;
      slot.thread = start();
      slot.images = 0;
      watch(slot);
    });
  }

  return {
    seat() {
      const slot = slots.reduce((least, other) => (other.images < least.images ? other : least));
      const { thread } = slot;
      slot.images++;
      let left = false;
      return {
        remote: thread.remote,
        leave() {
          if (!left && slot.thread === thread) slot.images--;
          left = true;
        },
      };
    },
    collect() {
      for (const { thread } of slots) thread.remote.call("collect", undefined).catch(() => {});
    },
    async close() {
      closed = true;
      await Promise.all(slots.map(({ thread }) => thread.stop()));
    },
  };
}
