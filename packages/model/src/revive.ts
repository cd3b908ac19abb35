import { DeviceLost } from "./errors.ts";
import type { WorkerLink } from "./worker-link.ts";

/**
 * A link that outlives its thread: after the thread has ended, the next pass starts another.
 *
 * @param start begins a thread and calls `onEnd` once that has ended
 * @throws what the first start throws
 */
export async function revive(start: (onEnd: () => void) => Promise<WorkerLink>): Promise<WorkerLink> {
  let link: Promise<WorkerLink> | undefined;
  let closed = false;
  const current = () => {
    link ??= start(() => {
      link = undefined;
    });
    return link;
  };
  const { secondsPerPass } = await current();
  return {
    secondsPerPass,
    async run(patch, signal) {
      if (closed) throw new DeviceLost("Cannot run a pass: the device is closed");
      const worker = await current();
      signal?.throwIfAborted();
      return worker.run(patch, signal);
    },
    async close() {
      closed = true;
      // A thread that does not get ready has nothing to close.
      const worker = await link?.catch(() => undefined);
      await worker?.close();
    },
  };
}
