import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskStore, type Store } from "@septum/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, scan, startHarness, upload } from "../packages/server/src/testing/harness.ts";
import { snapshotOf } from "./crash/snapshot.ts";

const folder = mkdtempSync(join(tmpdir(), "septum-full-"));
/** A disk of a few megabytes; only root may make one. */
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]).status === 0;
if (!mounted) process.stdout.write("skipped: a full disk needs a small one, which needs the right to mount\n");

describe.runIf(mounted)("a server whose disk is full", () => {
  const ballast = join(folder, "ballast");
  let store: Store;
  let server: Harness;
  let url: string;
  let session: string;

  beforeAll(async () => {
    store = await diskStore(join(folder, "store"));
    server = await startHarness({ store, app: { now: Date.now } });
    url = await server.app.listen({ host: "127.0.0.1", port: 0 });
    session = await server.loaded();
  });

  afterAll(async () => {
    await server?.app.close();
    await store?.close();
    if (mounted) spawnSync("umount", [folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  const prompt = () =>
    server.call(session, "POST", "/api/segments/1/prompts", {
      kind: "lasso",
      axis: 2,
      slice_index: 3,
      points: [
        [1, 1],
        [1, 8],
        [8, 8],
      ],
    });
  const fill = () => {
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(ballast, new Uint8Array(bavail * bsize));
  };

  it("says so to each who asks for more, and changes nothing", async () => {
    expect((await prompt()).status).toBe(200);
    const before = await snapshotOf(url, session);
    fill();
    const full = { status: 503, body: { code: "unavailable", detail: expect.stringMatching(/disk is full/) } };
    expect(await upload(server, session, scan())).toMatchObject(full);
    expect(await upload(server, undefined, scan())).toMatchObject(full);
    // Records find room in pages that were freed before, until there is none.
    let taken = 1;
    for (let refused = 0; refused < 3; ) {
      const answer = await prompt();
      if (answer.status === 200) taken++;
      else {
        expect(answer).toMatchObject(full);
        refused++;
      }
      expect(taken, "prompts taken by a full disk").toBeLessThan(60);
    }
    const after = await snapshotOf(url, session);
    expect(after?.masks).toEqual(before?.masks);
    expect(after?.status.segments).toMatchObject([{ prompts: expect.objectContaining({ length: taken }) }]);
    expect(await readdir(join(folder, "store", "uploads"))).toEqual([]);
  });

  it("goes on when there is room again, and has everything after a restart", async () => {
    rmSync(ballast);
    expect((await prompt()).status).toBe(200);
    expect((await upload(server, undefined, scan())).status).toBe(200);
    const before = await snapshotOf(url, session);
    await server.app.close();
    await store.close();
    store = await diskStore(join(folder, "store"));
    server = await startHarness({ store, app: { now: Date.now } });
    url = await server.app.listen({ host: "127.0.0.1", port: 0 });
    expect(await snapshotOf(url, session)).toEqual(before);
  });
});
