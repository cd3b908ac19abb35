import { spawnSync } from "node:child_process";
import { openAsBlob } from "node:fs";
import { createClient } from "@septum/protocol";
import { type Figure, median } from "./report.ts";
import { withServer } from "./server.ts";
import { syntheticFile } from "./synthetic.ts";

const rounds = 3;

/** From the first byte sent until the answer that says a prompt can run, against the time `gunzip` needs for the file. */
export const upload = {
  name: "upload",
  measures: "upload of a 512×512×300 int16 .nii.gz until the first prompt can run, against gunzip alone",
  async run(): Promise<readonly Figure[]> {
    const path = await syntheticFile([512, 512, 300]);
    const file = await openAsBlob(path);
    return withServer(async (url) => {
      const client = createClient({ baseUrl: url });
      const ratios: number[] = [];
      const seconds: number[] = [];
      const alone: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const unpacking = timed(() => spawnSync("gunzip", ["-c", path], { stdio: ["ignore", "ignore", "inherit"] }));
        const started = performance.now();
        await client.upload(file);
        const taken = (performance.now() - started) / 1000;
        alone.push(unpacking);
        seconds.push(taken);
        ratios.push(taken / unpacking);
      }
      return [
        { what: `packed size`, measured: file.size / 2 ** 20, unit: "MiB" },
        { what: `gunzip alone (median of ${rounds})`, measured: median(alone), unit: "s" },
        { what: `upload until ready (median of ${rounds})`, measured: median(seconds), unit: "s" },
        { what: "upload / gunzip, pair by pair (median)", measured: median(ratios), unit: "×", budget: 1.5 },
      ];
    });
  },
};

function timed(work: () => unknown): number {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1000;
}
