import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiError, type SessionEvent } from "@septum/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { type Harness, type HarnessOptions, multipart, scan, startHarness } from "./testing/harness.ts";
import { createLatch } from "./testing/latch.ts";
import { listen } from "./testing/listen.ts";

let harness: Harness;

async function start(options?: HarnessOptions) {
  harness = await startHarness(options);
  return listen(harness);
}

afterEach(() => harness?.app.close());

/** A network that waits in its first pass until it is stopped. */
function heldPasses() {
  const entered = createLatch();
  let stopped = false;
  const onPass: HarnessOptions["onPass"] = (_, signal) => {
    entered.open();
    return new Promise<void>((_resolve, reject) => {
      signal?.addEventListener("abort", () => {
        stopped = true;
        reject(signal.reason);
      });
    });
  };
  return { onPass, entered: entered.opened, wasStopped: () => stopped };
}

describe("the typed client over a socket", () => {
  test("goes from scan to mask to files", async () => {
    const { client: connected } = await start();
    const client = connected();
    const uploaded = await client.upload(new File([new Uint8Array(scan())], "Jane Doe.nii.gz"));
    expect(uploaded.shape).toEqual([12, 10, 8]);
    expect(client.sessionId).toBe(uploaded.session_id);
    expect((await client.markPoint({ voxel: [3, 3, 3] })).point_number).toBe(1);
    expect((await client.markPoint({ axis: 2, slice_index: 6, point: { x: 8, y: 9 } })).voxel).toEqual([9, 8, 6]);
    expect((await client.run()).unique_labels).toEqual([1, 2]);
    const { change, frame } = await client.prompt(
      2,
      { kind: "point", voxel: [9, 8, 6], positive: false },
      { frame: "labels" },
    );
    expect(change.voxels).toBe(0);
    expect(frame?.data.every((label) => label === 0)).toBe(true);
    expect((await client.undo(2)).change.voxels).toBe(80);
    expect(
      (
        await client.mask({
          box: [
            [3, 4],
            [3, 4],
            [3, 4],
          ],
        })
      ).data,
    ).toEqual(Uint8Array.of(1));
    expect((await client.mask({ label: 2 })).kind).toBe("mask");
    expect((await client.slice(0, 3)).marked_points).toMatchObject([{ number: 1, x: 3, y: 3 }]);
    expect(new Uint8Array(await client.slicePng(0, 3))[1]).toBe(0x50);
    expect((await client.image()).byteLength).toBeGreaterThan(100);
    expect(new Uint8Array(await client.downloadSegmentation())[0]).toBe(0x1f);
    expect(await client.downloadLabels()).toContain('"Label 2"');
    expect((await client.points()).total_points).toBe(2);
    expect((await client.segments()).segments).toHaveLength(2);
    expect((await client.status()).nifti_shape).toEqual([12, 10, 8]);
    expect((await client.colorTemplate()).labels[0].color).toBe("#ff0000");
    expect((await client.removePoint(1)).total_points).toBe(1);
    await client.removeSegment(2);
    expect((await client.clearPoints()).total_points).toBe(0);
    expect((await client.sessions()).sessions).toHaveLength(1);
    await client.deleteSession(uploaded.session_id);
    await expect(connected(uploaded.session_id).status()).rejects.toMatchObject({ code: "session_not_found" });
  });

  test("opens the sample that comes with the server", async () => {
    const folder = await mkdtemp(join(tmpdir(), "septum-sample-"));
    await writeFile(join(folder, "sample.nii.gz"), scan());
    const { client } = await start({ app: { sampleFile: join(folder, "sample.nii.gz") } });
    expect((await client().openSample()).shape).toEqual([12, 10, 8]);
    await rm(folder, { recursive: true });
  });

  test("stops a run on the server by letting go of the call", async () => {
    const passes = heldPasses();
    const { client: connected } = await start({ onPass: passes.onPass });
    const id = await harness.loaded();
    const client = connected(id);
    await client.markPoint({ voxel: [3, 3, 3] });
    const stop = new AbortController();
    const run = client.run({ signal: stop.signal });
    await passes.entered;
    stop.abort(new Error("cancelled"));
    await expect(run).rejects.toThrow("cancelled");
    await expect.poll(() => passes.wasStopped()).toBe(true);
    await expect.poll(async () => (await client.status()).running).toBeNull();
    expect((await client.status()).segments).toEqual([]);
  });
});

describe("GET /api/events", () => {
  test("tells progress, runs, points, segments and images in order, and ends with the session", async () => {
    const { client: connected, url } = await start();
    const id = await harness.loaded();
    const client = connected(id);
    const heard: SessionEvent[] = [];
    const listening = (async () => {
      for await (const event of client.events()) heard.push(event);
    })();
    await expect.poll(() => heard.length).toBe(2);
    await client.markPoint({ voxel: [3, 3, 3] });
    await client.run();
    await client.upload(new Blob([new Uint8Array(scan())]));
    await client.deleteSession(id);
    await listening;
    expect(heard.map(({ type }) => type)).toEqual([
      "hello",
      "presence",
      "history",
      "points",
      "run",
      "progress",
      "progress",
      "history",
      "segment",
      "run",
      "upload",
      "history",
      "image",
      "deleted",
    ]);
    const [hello, , ...rest] = heard;
    expect(hello).toMatchObject({ missed: false, image_revision: 1 });
    expect(rest.map(({ seq }) => seq)).toEqual(rest.map((_, n) => hello.seq + 1 + n));
    expect(heard[5]).toMatchObject({ label: 1, stage: "coarse", done: 1, expected: 2, object: 1, objects: 1 });
    expect(heard[8]).toMatchObject({
      label: 1,
      voxels: 125,
      box: [
        [1, 6],
        [1, 6],
        [1, 6],
      ],
      removed: false,
    });
    const gone = await fetch(`${url}/api/events?session_id=${id}`);
    expect(gone.status).toBe(404);
  });

  test("tells everybody who is there, by the connections that are open", async () => {
    const { client: connected } = await start();
    const id = await harness.loaded();
    const rooms: string[][] = [[], []];
    const stops = rooms.map((_, n) => {
      const stop = new AbortController();
      void (async () => {
        for await (const event of connected(id).events({ signal: stop.signal })) {
          if (event.type === "presence") rooms[n] = event.people.map((person) => person.id);
        }
      })();
      return stop;
    });
    await expect.poll(() => rooms.map((people) => people.length)).toEqual([2, 2]);
    expect(rooms[1].toSorted()).toEqual(rooms[0].toSorted());
    stops[0].abort();
    await expect.poll(() => rooms[1]).toHaveLength(1);
    stops[1].abort();
  });

  test("takes the session's id in the address, and continues after Last-Event-ID", async () => {
    const { url, client: connected } = await start();
    const id = await harness.loaded();
    for (let n = 0; n < 3; n++) await connected(id).markPoint({ voxel: [n, 0, 0] });
    /** The first events of a connection, as they travel. */
    const read = async (count: number, last?: number) => {
      const stop = new AbortController();
      const headers: Record<string, string> = last === undefined ? {} : { "Last-Event-ID": String(last) };
      const response = await fetch(`${url}/api/events?session_id=${id}`, { headers, signal: stop.signal });
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      while (text.split("\n\n").length <= count) text += (await reader.read()).value;
      stop.abort();
      return text;
    };
    const latest = Number(/^id: (\d+)$/m.exec(await read(1))?.[1]);
    const replayed = await read(4, latest - 2);
    expect(replayed.match(/^(id|event): .*$/gm)?.slice(0, 8)).toEqual([
      `id: ${latest - 2}`,
      "event: hello",
      `id: ${latest - 1}`,
      "event: history",
      `id: ${latest}`,
      "event: points",
      `id: ${latest}`,
      "event: presence",
    ]);
    expect(replayed).toContain('"missed":false');
    for (const unknown of [latest + 1, 3]) expect(await read(1, unknown)).toContain('"missed":true');
  });
});

describe("uploads over a socket", () => {
  test("beyond the limit are answered while the sender is still sending", async () => {
    const { url } = await start();
    const { body, type } = multipart(new Uint8Array(30 << 20));
    const announced = await fetch(`${url}/api/upload`, {
      method: "POST",
      body: new Uint8Array(body),
      headers: { "content-type": type },
    });
    expect([announced.status, (await announced.json()).code]).toEqual([413, "too_large"]);
    const unannounced = await fetch(`${url}/api/upload`, {
      method: "POST",
      body: new Blob([new Uint8Array(body)]).stream(),
      headers: { "content-type": type },
      duplex: "half",
    } as RequestInit);
    expect([unannounced.status, (await unannounced.json()).code]).toEqual([413, "too_large"]);
  });

  test("are one at a time in a session, and one broken off leaves nothing behind", async () => {
    const { url, client: connected } = await start();
    const id = await harness.loaded();
    const { body, type } = multipart(scan());
    const slow = request(`${url}/api/upload`, {
      method: "POST",
      headers: { "content-type": type, "content-length": body.length, "x-session-id": id },
    });
    slow.on("error", () => {});
    slow.write(body.subarray(0, 200));
    const client = connected(id);
    await expect.poll(async () => (await client.status()).uploading).toBe(true);
    const second = await client.upload(new Blob([new Uint8Array(scan())])).catch((error: unknown) => error);
    expect(second).toBeInstanceOf(ApiError);
    expect(second).toMatchObject({ status: 409, code: "upload_in_progress" });
    slow.destroy();
    await expect.poll(async () => (await client.status()).uploading, { timeout: 20_000 }).toBe(false);
    expect((await client.status()).image_revision).toBe(1);
    expect((await client.upload(new Blob([new Uint8Array(scan())]))).image_revision).toBe(2);
  });

  test("broken off before their form was looked at leave nothing behind either", async () => {
    const { url, client: connected } = await start();
    const id = await harness.loaded();
    const { stage } = harness.store;
    const [staging, closed, noticed] = [createLatch(), createLatch(), createLatch()];
    harness.store.stage = async (sessionId) => {
      staging.open();
      await noticed.opened;
      return stage(sessionId);
    };
    harness.app.server.once("connection", (socket) => socket.once("close", closed.open));
    const { body, type } = multipart(scan());
    const broken = request(`${url}/api/upload`, {
      method: "POST",
      headers: { "content-type": type, "content-length": body.length, "x-session-id": id },
    });
    broken.on("error", () => {});
    broken.write(body.subarray(0, 200));
    await staging.opened;
    broken.destroy();
    await closed.opened;
    noticed.open();
    await expect.poll(async () => (await connected(id).status()).uploading).toBe(false);
  });

  test("end with their session", async () => {
    const { url, client: connected } = await start();
    const id = await harness.loaded();
    const { body, type } = multipart(scan());
    const slow = request(`${url}/api/upload`, {
      method: "POST",
      headers: { "content-type": type, "x-session-id": id },
    });
    const answered = once(slow, "response");
    slow.write(body.subarray(0, 200));
    await expect.poll(async () => (await connected(id).status()).uploading).toBe(true);
    await connected().deleteSession(id);
    const [response] = await answered;
    expect(response.statusCode).toBe(410);
    expect(harness.engine.open.size).toBe(0);
  });
});

describe("closing the server", () => {
  test("does not wait for an upload that never ends", async () => {
    const { url, client: connected } = await start();
    const id = await harness.loaded();
    const { type } = multipart(scan());
    const slow = request(`${url}/api/upload`, {
      method: "POST",
      headers: { "content-type": type, "x-session-id": id },
    });
    slow.on("error", () => {});
    slow.write("--");
    await expect.poll(async () => (await connected(id).status()).uploading).toBe(true);
    const started = performance.now();
    await harness.app.close();
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("stops runs with an answer, ends event streams, and keeps every session", async () => {
    const passes = heldPasses();
    const { client: connected } = await start({ onPass: passes.onPass });
    const id = await harness.loaded();
    const client = connected(id);
    await client.markPoint({ voxel: [3, 3, 3] });
    const stop = new AbortController();
    const heard: string[] = [];
    const listening = (async () => {
      for await (const { type } of client.events({ signal: stop.signal, retryMs: 10 })) heard.push(type);
    })();
    await expect.poll(() => heard).toContain("hello");
    const run = client.run().catch((error: unknown) => error);
    await passes.entered;
    await harness.app.close();
    expect(await run).toMatchObject({ status: 503, code: "unavailable" });
    stop.abort();
    await listening;
    expect(harness.store.get(id)?.state).toMatchObject({ points: [{ number: 1 }], segments: [] });
  });
});

test("bytes that are no HTTP get a 400 and hurt nobody", async () => {
  const { url } = await start();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write("\x16\x03\x01 hello\r\n\r\n");
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
  socket.destroy();
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});
