import { fileURLToPath } from "node:url";
import { builtInModel, createEngine } from "@septum/server";
import type { Figure } from "./report.ts";
import { syntheticFile } from "./synthetic.ts";

const size = [512, 512, 300] as const;
const voxels = size[0] * size[1] * size[2];
const cacheDir = fileURLToPath(new URL("../../.cache/bench/graphs/", import.meta.url));

/** A session of the size people call normal: what it counts for itself, and what the process grew by. */
export const memory = {
  name: "memory",
  measures: "memory held per open session: 512×512×300 int16, one object of eight prompts",
  async run(): Promise<readonly Figure[]> {
    const path = await syntheticFile(size);
    const engine = await createEngine({ model: { folder: builtInModel, cacheDir } });
    try {
      const before = process.memoryUsage().rss;
      const image = await engine.openImage(path, { maxBytes: 2 ** 31 });
      const object = await image.object(1);
      for (let n = 0; n < 8; n++) {
        const voxel = [180 + 20 * n, 200 + 15 * n, 100 + 12 * n] as const;
        await object.apply({ kind: "point", voxel, positive: n % 4 !== 3 }, { owner: "bench" });
      }
      // Threads give back what only the work needed within some seconds of it.
      await new Promise((resolve) => setTimeout(resolve, 8_000));
      const grown = process.memoryUsage().rss - before;
      return [
        { what: "held by the session", measured: image.bytes / voxels, unit: "B/voxel", budget: 3.5 },
        { what: "growth of the whole process", measured: grown / voxels, unit: "B/voxel" },
      ];
    } finally {
      await engine.close();
    }
  },
};
