import { openAsBlob } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { createClient } from "@septum/protocol";
import type { Counted } from "./event-loop.ts";

const { url, small, large } = workerData as { url: string; small: string; large: string };

const predicting = createClient({ baseUrl: url });
await predicting.upload(await openAsBlob(small));
await predicting.prompt(1, { kind: "point", voxel: [128, 128, 60] });
parentPort?.postMessage("ready");

const file = await openAsBlob(large);
const started = performance.now();
let uploading = true;
const upload = createClient({ baseUrl: url })
  .upload(file)
  .finally(() => {
    uploading = false;
  });

let prompts = 0;
while (uploading) {
  await predicting.prompt(1, { kind: "point", voxel: [100 + (prompts % 50), 128, 60] });
  prompts++;
}
await upload;
const counted: Counted = { prompts, seconds: (performance.now() - started) / 1000, megabytes: file.size / 2 ** 20 };
parentPort?.postMessage(counted);
