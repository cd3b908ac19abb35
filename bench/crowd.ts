import { cpSync, openAsBlob, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@septum/protocol";
import { builtInModel } from "@septum/server";
import type { Vec3 } from "@septum/volume";
import { type Figure, quantile } from "./report.ts";
import { startServerProcess } from "./server-process.ts";
import { mulberry32, syntheticFile } from "./synthetic.ts";
import { withFolder } from "./temporary.ts";

const size: Vec3 = [256, 256, 120];
const people = 8;
const clicksEach = 12;
const refining = 2;
/** Milliseconds that a person looks at the answer, at most. */
const thinkMs = 4_000;

/** Eight people who click and look, beside two whose prompts are refined over and over. */
export const crowd = {
  name: "crowd",
  measures: `clicks of ${people} people (one patch each, then up to ${thinkMs / 1000} s of looking) beside ${refining} who refine without a pause`,
  async run(): Promise<readonly Figure[]> {
    const small = await withFolder(async (folder) => crowdWith("a network of a millisecond", smallModel(folder)));
    return [...small, ...(await crowdWith(basename(builtInModel), builtInModel))];
  },
};

async function crowdWith(name: string, model: string): Promise<readonly Figure[]> {
  const file = await openAsBlob(await syntheticFile(size));
  return withFolder(async (data) => {
    const server = await startServerProcess(data, ["--model", model]);
    const enter = async () => {
      const client = createClient({ baseUrl: server.url });
      await client.upload(file);
      return client;
    };
    try {
      const alone = await clicksOf(await enter(), 0, 0);
      const clickers: Client[] = [];
      for (let n = 0; n < people; n++) clickers.push(await enter());
      const done = new AbortController();
      const refiners: Promise<void>[] = [];
      for (let n = 0; n < refining; n++) refiners.push(refine(await enter(), n, done.signal));
      const before = await server.metrics();
      const taken = (await Promise.all(clickers.map((client, n) => clicksOf(client, n + 1, thinkMs)))).flat();
      const after = await server.metrics();
      done.abort();
      await Promise.all(refiners);
      const refined = passes(after) - passes(before) - taken.length;
      const delay = (q: number) => 1000 * (after[`septum_event_loop_delay_seconds{quantile="${q}"}`] as number);
      return [
        {
          what: `${name}: click of one person alone (p50 of ${alone.length})`,
          measured: quantile(alone, 0.5),
          unit: "ms",
        },
        { what: `click in the crowd (p50 of ${taken.length})`, measured: quantile(taken, 0.5), unit: "ms" },
        { what: "click in the crowd (p99)", measured: quantile(taken, 0.99), unit: "ms" },
        { what: "passes of the refinements meanwhile", measured: refined, unit: "" },
        { what: "event loop delay meanwhile, p99", measured: delay(0.99), unit: "ms" },
        { what: "event loop delay meanwhile, largest", measured: delay(1), unit: "ms" },
      ];
    } finally {
      await server.stop();
    }
  });
}

/** Milliseconds from each click to its answer, which brings the changed box. */
async function clicksOf(client: Client, seed: number, lookMs: number): Promise<readonly number[]> {
  const random = mulberry32(seed);
  const taken: number[] = [];
  for (let n = 0; n < clicksEach; n++) {
    await pause(lookMs * random());
    const started = performance.now();
    const body = { kind: "point", voxel: voxelIn(random), positive: n % 5 !== 4, autozoom: false } as const;
    await client.prompt(1 + (n % 3), body, { frame: "mask" });
    taken.push(performance.now() - started);
  }
  return taken;
}

/** Prompts that zoom and are refined patch by patch, each on a new object; ends in the middle of one. */
async function refine(client: Client, seed: number, signal: AbortSignal): Promise<void> {
  const random = mulberry32(100 + seed);
  for (let label = 1; !signal.aborted; label = 1 + (label % 50)) {
    await client.prompt(label, { kind: "point", voxel: voxelIn(random) }, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

function voxelIn(random: () => number): [number, number, number] {
  return size.map((extent) => Math.floor(extent * (0.3 + 0.4 * random()))) as [number, number, number];
}

function passes(metrics: Readonly<Record<string, number>>): number {
  const of = (stage: string) => metrics[`septum_pass_run_seconds_count{stage="${stage}"}`] ?? 0;
  return of("coarse") + of("refine");
}

/** A network of a few kilobytes, never trained, made to zoom out at any change at the border of its patch. */
function smallModel(folder: string): string {
  cpSync(fileURLToPath(new URL("../../fixtures/graphs/plain/model", import.meta.url)), folder, { recursive: true });
  const file = join(folder, "inference_info.json");
  const septum = { cover_margin: 1, border_change: { absolute: 10, minimum: 1, relative: 0.01 } };
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), septum }));
  return folder;
}
