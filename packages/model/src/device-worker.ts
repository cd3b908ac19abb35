import { parentPort, workerData } from "node:worker_threads";
import type { Patch } from "@septum/segment";
import type { Vec3 } from "@septum/volume";
import { probePatch } from "./probe-patch.ts";
import { openSession, runPatch } from "./session.ts";
import type { WorkerAnswer, WorkerOptions } from "./worker-link.ts";

/** The device thread: owns the session, and with it the one copy of the weights. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("device-worker has to run as a worker thread");
  const answer = (message: WorkerAnswer, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  const options = workerData as WorkerOptions;
  try {
    const session = await openSession(options);
    const { size, warmUpSize, settings } = options;
    await runPatch(session, probePatch(warmUpSize, settings));
    // The first pass also sets the runtime up: another shows what passes will take.
    const start = performance.now();
    await runPatch(session, probePatch(warmUpSize, settings));
    const secondsPerPass = ((performance.now() - start) / 1000) * (voxels(size) / voxels(warmUpSize));
    port.on("message", async (patch: Patch) => {
      try {
        const mask = await runPatch(session, patch);
        answer({ kind: "mask", mask }, [mask.buffer]);
      } catch (error) {
        answer({ kind: "failed", reason: (error as Error).message });
      }
    });
    answer({ kind: "ready", secondsPerPass });
  } catch (error) {
    answer({ kind: "failed", reason: (error as Error).message });
    port.close();
  }
}

function voxels([a, b, c]: Vec3): number {
  return a * b * c;
}

await main();
