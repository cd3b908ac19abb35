import { openAsBlob } from "node:fs";
import { createClient } from "@septum/protocol";
import { type Figure, quantile } from "./report.ts";
import { withServer } from "./server.ts";
import { syntheticFile } from "./synthetic.ts";

const clicks = 24;

/** A person clicking in a large scan, one click after the other; the answer brings the changed box. */
export const click = {
  name: "click",
  measures: "answer after a click, 512×512×300, in one patch, on disk before the answer, which brings the changed box",
  async run(): Promise<readonly Figure[]> {
    const file = await openAsBlob(await syntheticFile([512, 512, 300]));
    return withServer(async (url) => {
      const client = createClient({ baseUrl: url });
      await client.upload(file);
      const whole: number[] = [];
      const network: number[] = [];
      const beyond: number[] = [];
      for (let n = 0; n <= clicks; n++) {
        const voxel = [150 + ((n * 37) % 200), 180 + ((n * 53) % 150), 60 + ((n * 29) % 180)];
        const started = performance.now();
        const { change } = await client.prompt(
          1 + (n % 3),
          { kind: "point", voxel: voxel as [number, number, number], positive: n % 5 !== 4, autozoom: false },
          { frame: "mask" },
        );
        const taken = performance.now() - started;
        if (n === 0) continue;
        whole.push(taken);
        network.push(taken - 1000 * change.seconds_network);
        beyond.push(taken - 1000 * change.seconds_total);
      }
      return [
        { what: `click to answer (p50 of ${clicks})`, measured: quantile(whole, 0.5), unit: "ms" },
        { what: "beyond the network's time (p50)", measured: quantile(network, 0.5), unit: "ms" },
        {
          what: "beyond its passes, patches and masks included (p50)",
          measured: quantile(beyond, 0.5),
          unit: "ms",
          budget: 30,
        },
        { what: "beyond its passes (p99)", measured: quantile(beyond, 0.99), unit: "ms" },
      ];
    });
  },
};
