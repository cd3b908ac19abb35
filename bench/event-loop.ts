import { monitorEventLoopDelay } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import type { Figure } from "./report.ts";
import { withServer } from "./server.ts";
import { syntheticFile } from "./synthetic.ts";

/**
 * The server runs in this thread, and the clients in another, so that only the server's own work delays its loop. One
 * session uploads an unpacked scan of 300 MB while another predicts.
 */
export const eventLoop = {
  name: "event-loop",
  measures: "delay of the server's event loop while one session uploads 300 MB and another predicts",
  async run(): Promise<readonly Figure[]> {
    const [small, large] = [await syntheticFile([256, 256, 120]), await syntheticFile([512, 512, 600])];
    return withServer(async (url) => {
      const delay = monitorEventLoopDelay({ resolution: 5 });
      const clients = new Worker(new URL("./event-loop-clients.js", import.meta.url), {
        workerData: { url, small, large },
      });
      const done = new Promise<Counted>((resolve, reject) => {
        clients.on("error", reject);
        clients.on("message", (message: "ready" | Counted) => {
          if (message === "ready") delay.enable();
          else resolve(message);
        });
      });
      const { prompts, seconds, megabytes } = await done;
      delay.disable();
      await clients.terminate();
      // The histogram counts the timer's own period of 5 ms with the delay.
      const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - 5);
      return [
        {
          what: `upload of ${megabytes.toFixed(0)} MiB (${prompts} prompts answered meanwhile)`,
          measured: seconds,
          unit: "s",
        },
        { what: "event loop delay, p50", measured: ms(delay.percentile(50)), unit: "ms" },
        { what: "event loop delay, p99", measured: ms(delay.percentile(99)), unit: "ms", budget: 50 },
        { what: "event loop delay, largest", measured: ms(delay.max), unit: "ms" },
      ];
    });
  },
};

/** What the clients' thread reports. */
export interface Counted {
  readonly prompts: number;
  readonly seconds: number;
  readonly megabytes: number;
}
