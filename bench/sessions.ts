import { openAsBlob } from "node:fs";
import { createClient } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import { type Figure, median } from "./report.ts";
import { fillWithSessions } from "./restart.ts";
import { type ServerProcess, settle, startServerProcess } from "./server-process.ts";
import { syntheticFile } from "./synthetic.ts";
import { withFolder } from "./temporary.ts";

const open = 8;
const resting = 2_000;
const size: Vec3 = [256, 256, 120];
const voxels = size[0] * size[1] * size[2];
const mebibyte = 2 ** 20;

/** What a session costs in memory while somebody works in it, after it was put to rest, and when nobody came back to it. */
export const sessions = {
  name: "sessions",
  measures: `memory per session: ${open} open ones of ${size.join("×")} int16, ${resting} resting ones after a start`,
  async run(): Promise<readonly Figure[]> {
    return [...(await openSessions()), await restingSessions()];
  },
};

async function openSessions(): Promise<readonly Figure[]> {
  const file = await openAsBlob(await syntheticFile(size));
  return withFolder(async (data) => {
    const server = await startServerProcess(data);
    const work = async () => {
      const client = createClient({ baseUrl: server.url });
      await client.upload(file);
      for (let n = 0; n < 4; n++) await client.prompt(1, { kind: "point", voxel: [90 + 20 * n, 128, 40 + 10 * n] });
    };
    try {
      const started = await resident(server);
      const working: number[] = [];
      const rested: number[] = [];
      let held = 0;
      for (let round = 0; round < 3; round++) {
        for (let n = 0; n < open; n++) await work();
        working.push(await resident(server));
        held = (await server.metrics()).septum_memory_bytes as number;
        await server.restAll();
        rested.push(await resident(server));
      }
      const left = Math.min(...rested);
      const each = (median(working) - left) / open;
      return [
        { what: "held by an open session, as the server counts it", measured: held / open / voxels, unit: "B/voxel" },
        { what: "process per open session", measured: each / voxels, unit: "B/voxel" },
        { what: "the same", measured: each / mebibyte, unit: "MiB" },
        { what: "process after its start", measured: started / mebibyte, unit: "MiB" },
        {
          what: `process when ${3 * open} sessions rest (least of three times)`,
          measured: left / mebibyte,
          unit: "MiB",
        },
      ];
    } finally {
      await server.stop();
    }
  });
}

async function restingSessions(): Promise<Figure> {
  const grown = await withFolder(async (data) => {
    const without = await residentAfterStart(data);
    await fillWithSessions(data, resting);
    return (await residentAfterStart(data)) - without;
  });
  return {
    what: "process per resting session that nobody came back to",
    measured: grown / resting / 1024,
    unit: "KiB",
  };
}

/** Median of three starts: what a start leaves behind differs by some megabytes. */
async function residentAfterStart(data: string): Promise<number> {
  const seen: number[] = [];
  for (let n = 0; n < 3; n++) {
    const server = await startServerProcess(data);
    seen.push(await resident(server));
    await server.stop();
  }
  return median(seen);
}

/** Bytes of memory that the process has when its threads have settled. */
async function resident(server: ServerProcess): Promise<number> {
  await settle();
  return (await server.metrics()).process_resident_memory_bytes as number;
}
