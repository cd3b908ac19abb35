import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadModel } from "@septum/model";
import { createSegmenter, finish, prepareImage } from "@septum/segment";
import type { Figure } from "./report.ts";
import { syntheticScan } from "./synthetic.ts";

const builtIn = fileURLToPath(new URL("../../models/light-v0/", import.meta.url));
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
    return [...(await measure(image, 64, 6)), ...(await measure(image, 192, 1))];
  },
};

async function measure(image: ReturnType<typeof prepareImage>, edge: number, clicks: number): Promise<Figure[]> {
  const folder = withPatchSize(edge);
  const { model, close } = await loadModel({ folder, cacheDir, device: "cpu" });
  try {
    const segmenter = createSegmenter({ image, model });
    let network = 0;
    let outside = 0;
    let count = 0;
    for (let click = 0; click <= clicks; click++) {
      const voxel = [150 + 9 * click, 140 - 7 * click, 100 + 5 * click] as const;
      const applied = await finish(segmenter.apply({ kind: "point", voxel, positive: click % 3 !== 2 }));
      // The first click also pays for memory and for code that is not compiled yet.
      if (click === 0) continue;
      network += applied.secondsNetwork;
      outside += applied.secondsTotal - applied.secondsNetwork;
      count += applied.passes;
    }
    return [
      { what: `${edge}³: network, per pass (${count} passes)`, measured: (1000 * network) / count, unit: "ms" },
      { what: `${edge}³: outside the network, per pass`, measured: (1000 * outside) / count, unit: "ms" },
      { what: `${edge}³: outside / network`, measured: (100 * outside) / network, unit: "%", budget: 10 },
    ];
  } finally {
    await close();
    rmSync(folder, { recursive: true });
  }
}

function withPatchSize(edge: number): string {
  const folder = mkdtempSync(join(tmpdir(), "septum-bench-"));
  cpSync(builtIn, folder, { recursive: true });
  const path = join(folder, "plans.json");
  const plans = JSON.parse(readFileSync(path, "utf8"));
  plans.configurations["3d_fullres"].patch_size = [edge, edge, edge];
  writeFileSync(path, JSON.stringify(plans));
  return folder;
}
