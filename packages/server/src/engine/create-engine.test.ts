import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBench, fileOf, maxBytes, patternVoxels, type TestBench } from "./testing.ts";
import { workerFile } from "./worker-file.ts";

let bench: TestBench;

beforeAll(async () => {
  bench = await createBench();
});

afterAll(() => bench?.close());

describe("createEngine()", () => {
  it("answers a ping while its threads live", async () => {
    await expect(bench.engine.ping()).resolves.toBeUndefined();
  });

  it("ends every thread when closed, so that the process exits, and closed images have given their memory back", async () => {
    const path = await bench.save(fileOf(patternVoxels([320, 320, 300]), [320, 320, 300]), 1);
    const script = `
      import { createEngine } from ${JSON.stringify(workerFile("index").href)};
      const engine = await createEngine(${JSON.stringify(bench.options)});
      // Kept, as a session may: closing is what frees.
      const kept = [];
      const use = async () => {
        const image = await engine.openImage(${JSON.stringify(path)}, { maxBytes: ${maxBytes} });
        await image.slice({ axis: 2, index: 3 });
        await (await image.object(1)).maskBits([[0, 320], [0, 320], [0, 300]]);
        kept.push(image);
        image.close();
      };
      const resident = async () => {
        await new Promise((resolve) => setTimeout(resolve, 4500));
        return process.memoryUsage().rss;
      };
      await use();
      const before = await resident();
      for (let n = 0; n < 6; n++) await use();
      const grown = (await resident()) - before;
      await engine.close();
      process.stdout.write(JSON.stringify({ grown }));
    `;
    const node = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { timeout: 50_000 });
    const { stdout } = await node;
    // Six images of 61 MB came and went.
    expect(JSON.parse(stdout).grown).toBeLessThan(150e6);
  });
});
