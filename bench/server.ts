import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, readSettings, startServer } from "@septum/server";

/** Settings for a data folder, everything else standard, on a free port. */
export function settingsFor(data: string) {
  return readSettings({}, { port: "0", data, maxUploadMb: "2000" });
}

/** Errors only, and no greeting. */
export const silent = { print: () => {}, log: createLog("error") };

/** A server of its own in an empty data folder. */
export async function withServer<T>(use: (url: string) => Promise<T>): Promise<T> {
  const data = mkdtempSync(join(tmpdir(), "septum-bench-"));
  const server = await startServer(settingsFor(data), silent);
  try {
    return await use(server.url);
  } finally {
    await server.close();
    rmSync(data, { recursive: true });
  }
}
