import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadModel } from "@septum/model";
import { createSegmenter, finish, type PreparedImage, prepareImage, type Segmenter } from "@septum/segment";
import { builtInModel } from "@septum/server";
import type { Figure } from "./report.ts";
import { syntheticScan } from "./synthetic.ts";

const cacheDir = fileURLToPath(new URL("../../.cache/bench/graphs/", import.meta.url));

/**
 * The built-in network at its own patch size and at 192³ (it is fully convolutional; only the patch size in a copy of its
 * folder changes), on a CT-like volume larger than any patch.
 */
export const passes = {
  name: "passes",
  measures: "time outside the network per pass, as a share of the network's own time",
  async run(): Promise<readonly Figure[]> {
    const image = prepareImage(syntheticScan([320, 300, 220]));
    return [...(await measure(image, ownEdge(), 6, 3)), ...(await measure(image, 192, 1, 1))];
  },
};

/**
 * Clicks in sessions one after the other. Where there are several the budget is for the later ones: in the first, code is not
 * compiled yet.
 */
async function measure(image: PreparedImage, edge: number, clicks: number, sessions: number): Promise<Figure[]> {
  const folder = withPatchSize(edge);
  const { model, close } = await loadModel({ folder, cacheDir, device: "cpu" });
  try {
    const rows = [];
    const first = await clicked(createSegmenter({ image, model }), clicks);
    if (sessions > 1) rows.push(...figures(`${edge}³, first clicks of a process`, first));
    const later = sessions > 1 ? { network: 0, outside: 0, passes: 0 } : first;
    for (let session = 1; session < sessions; session++) {
      const { network, outside, passes } = await clicked(createSegmenter({ image, model }), clicks);
      later.network += network;
      later.outside += outside;
      later.passes += passes;
    }
    return [...rows, ...figures(`${edge}³`, later, 10)];
  } finally {
    await close();
    rmSync(folder, { recursive: true });
  }
}

interface Spent {
  /** Seconds. */
  network: number;
  /** Seconds. */
  outside: number;
  passes: number;
}

async function clicked(segmenter: Segmenter, clicks: number): Promise<Spent> {
  const spent = { network: 0, outside: 0, passes: 0 };
  for (let click = 0; click <= clicks; click++) {
    const voxel = [150 + 9 * click, 140 - 7 * click, 100 + 5 * click] as const;
    const applied = await finish(segmenter.apply({ kind: "point", voxel, positive: click % 3 !== 2 }));
    // The first click also pays for memory.
    if (click === 0) continue;
    spent.network += applied.secondsNetwork;
    spent.outside += applied.secondsTotal - applied.secondsNetwork;
    spent.passes += applied.passes;
  }
  return spent;
}

function figures(what: string, { network, outside, passes }: Spent, budget?: number): Figure[] {
  return [
    { what: `${what}: network, per pass (${passes} passes)`, measured: (1000 * network) / passes, unit: "ms" },
    { what: `${what}: outside the network, per pass`, measured: (1000 * outside) / passes, unit: "ms" },
    { what: `${what}: outside / network`, measured: (100 * outside) / network, unit: "%", budget },
  ];
}

function readPlans(folder: string) {
  return JSON.parse(readFileSync(join(folder, "plans.json"), "utf8"));
}

function ownEdge(): number {
  return readPlans(builtInModel).configurations["3d_fullres"].patch_size[0];
}

function withPatchSize(edge: number): string {
  const folder = mkdtempSync(join(tmpdir(), "septum-bench-"));
  cpSync(builtInModel, folder, { recursive: true });
  const plans = readPlans(folder);
  plans.configurations["3d_fullres"].patch_size = [edge, edge, edge];
  writeFileSync(join(folder, "plans.json"), JSON.stringify(plans));
  return folder;
}
