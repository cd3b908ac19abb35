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
  /** Resolves when each thread has answered; one that died is no hindrance, since another takes its place when needed. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

interface Slot {
  /** None after it died, until the next image needs one: a thread that cannot start must not be started in a loop. */
  thread?: Thread<SegmentMethods>;
  images: number;
}

/**
 * A thread that dies takes what it knew with it: calls under way and later ones on its images reject with
 * `ImageLostError`. Another takes its place for images opened from then on.
 */
export function createSegmentThreads(count: number, start: () => Thread<SegmentMethods>): SegmentThreads {
  let closed = false;
  const slots: Slot[] = Array.from({ length: count }, () => ({ images: 0 }));
  for (const slot of slots) fill(slot);

  function fill(slot: Slot): Thread<SegmentMethods> {
    const thread = start();
    slot.thread = thread;
    void thread.ended.then((cause) => {
      slot.thread = undefined;
      slot.images = 0;
      const lost = "The thread that held this image stopped: open the image again from its file";
      thread.remote.fail(closed ? new EngineClosedError() : new ImageLostError(lost, { cause }));
    });
    return thread;
  }

  return {
    seat() {
      const slot = slots.reduce((least, other) => (other.images < least.images ? other : least));
      const thread = slot.thread ?? fill(slot);
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
      for (const { thread } of slots) thread?.remote.call("collect", undefined).catch(() => {});
    },
    async ping() {
      await Promise.all(slots.map(({ thread }) => thread?.remote.call("ping", undefined)));
    },
    async close() {
      closed = true;
      await Promise.all(slots.map(({ thread }) => thread?.stop()));
    },
  };
}
