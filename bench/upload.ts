import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { promisify } from "node:util";
import { type Figure, median } from "./report.ts";
import { withServer } from "./server.ts";
import { syntheticFile } from "./synthetic.ts";

const run = promisify(execFile);

const rounds = 5;

/** The client is `curl`, in a process of its own. From the first byte sent until the answer that says a prompt can run, against the time `gunzip` needs for the file. */
export const upload = {
  name: "upload",
  measures: "upload of a 512×512×300 int16 .nii.gz until the first prompt can run, against gunzip alone",
  async run(): Promise<readonly Figure[]> {
    const path = await syntheticFile([512, 512, 300]);
    return withServer(async (url) => {
      const ratios: number[] = [];
      const seconds: number[] = [];
      const alone: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const started = performance.now();
        await run("sh", ["-c", 'gunzip -c "$0" >/dev/null', path]);
        const unpacking = (performance.now() - started) / 1000;
        const form = ["-F", `file=@${path}`, `${url}/api/upload`];
        const { stdout } = await run("curl", ["-sS", "--fail", "-o", "/dev/null", "-w", "%{time_total}", ...form]);
        const taken = Number(stdout);
        alone.push(unpacking);
        seconds.push(taken);
        ratios.push(taken / unpacking);
      }
      return [
        { what: "packed size", measured: statSync(path).size / 2 ** 20, unit: "MiB" },
        { what: `gunzip alone (median of ${rounds})`, measured: median(alone), unit: "s" },
        { what: `upload until ready (median of ${rounds})`, measured: median(seconds), unit: "s" },
        { what: "upload / gunzip, pair by pair (median)", measured: median(ratios), unit: "×", budget: 1.5 },
      ];
    });
  },
};
