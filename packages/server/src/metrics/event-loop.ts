import { monitorEventLoopDelay } from "node:perf_hooks";

/** How late the event loop's timers were since the last reading, in seconds. */
export interface EventLoopDelay {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Milliseconds between two looks; a delay shorter than this is not seen. */
const resolution = 10;

/** Watches the event loop until `close`. Every reading starts anew, so that a stall is seen once and then forgotten. */
export function watchEventLoop(): { read(): EventLoopDelay; close(): void } {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  // It measures from look to look: what is above the time between two looks is delay.
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - resolution / 1000);
  return {
    read() {
      const seen = histogram.count > 0;
      const at = (percentile: number) => (seen ? seconds(histogram.percentile(percentile)) : 0);
      const delay = { median: at(50), p99: at(99), max: seen ? seconds(histogram.max) : 0 };
      histogram.reset();
      return delay;
    },
    close: () => void histogram.disable(),
  };
}
