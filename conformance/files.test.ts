import { rmSync } from "node:fs";
import { type Client, createClient, type Frame } from "@septum/protocol";
import { readNifti } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { negative, positive, scan } from "./foreign-story.ts";
import { smallModel } from "./small-model.ts";
import { type RunningServer, startServer } from "./start-server.ts";

let server: RunningServer;
let model: string;
let client: Client;

beforeAll(async () => {
  model = smallModel();
  server = await startServer(["--model", model]);
  client = createClient({ baseUrl: server.url });
  await client.upload(new Blob([Uint8Array.from(scan())]));
}, 300_000);

afterAll(async () => {
  await server?.stop();
  if (model) rmSync(model, { recursive: true, force: true });
}, 60_000);

async function* chunk(bytes: ArrayBuffer): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(bytes);
}

/** A new session with the same scan. */
async function another(): Promise<Client> {
  const other = createClient({ baseUrl: server.url });
  await other.upload(new Blob([Uint8Array.from(scan())]));
  return other;
}

describe("files that leave and come back", { timeout: 120_000 }, () => {
  test("an object is seen while its passes run, and collected prompts are predicted at once", async () => {
    const stop = new AbortController();
    const told: number[] = [];
    let connected = () => {};
    const ready = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const following = (async () => {
      for await (const event of client.events({ signal: stop.signal })) {
        if (event.type === "hello") connected();
        if (event.type === "progress" && event.preview !== undefined) told.push(event.preview);
        if (event.type === "segment" && event.voxels > 0) return;
      }
    })();
    await ready;
    await client.prompt(1, { kind: "point", voxel: [...positive], predict: false });
    const seen: Frame[] = [];
    let running = true;
    const watching = (async () => {
      while (running) {
        const frame = await client.preview(1);
        if (frame) seen.push(frame);
      }
    })();
    const { change } = await client.predict(1);
    running = false;
    await Promise.all([following, watching]);
    stop.abort();
    expect(change.passes).toBeGreaterThan(1);
    expect(Math.max(...told)).toBe(change.passes);
    expect(seen.length).toBeGreaterThan(0);
    for (const { kind } of seen) expect(kind).toBe("mask");
    expect(await client.preview(1)).toBeUndefined();
    expect((await client.predict(1)).change.passes).toBe(0);
    expect((await client.status()).model.seconds_per_pass).toBeGreaterThan(0);
  });

  test("a segmentation comes back with overlaps, names, colours, values and states", async () => {
    await client.prompt(2, { kind: "point", voxel: [...negative] });
    await client.changeSegment(2, { name: "Läsion", color: "#0080ff", value: 300, state: "done" });
    const { bytes, verified, name } = await client.export("seg.nrrd");
    const { segments } = await client.segments();
    expect(name).toBe("segmentation.seg.nrrd");
    expect(verified.labels.map(({ voxels }) => voxels)).toEqual(segments.map(({ voxels }) => voxels));

    const other = await another();
    const { segments: made } = await other.uploadMask(new Blob([bytes]));
    expect(made.map(({ value, voxels }) => [value, voxels])).toEqual(
      segments.map(({ value, voxels }) => [value, voxels]),
    );
    const [, lesion] = (await other.segments()).segments;
    expect(lesion).toMatchObject({ name: "Läsion", color: "#0080ff", value: 300, state: "done" });
    for (const [n, { label }] of segments.entries())
      expect((await other.mask({ label: made[n].label })).data).toEqual((await client.mask({ label })).data);
  });

  test("a label map has the masks by value, and is the start of the same masks elsewhere", async () => {
    const { bytes, verified } = await client.export("nifti");
    const { volume } = await readNifti(chunk(bytes));
    const { data } = await client.mask();
    const values = new Map(verified.labels.map(({ label, value }) => [label, value]));
    let different = 0;
    for (let n = 0; n < data.length; n++) if (volume.data[n] !== (values.get(data[n]) ?? 0)) different++;
    expect(different).toBe(0);

    const other = await another();
    await other.uploadMask(new Blob([bytes]));
    const back = await (await other.export("nifti")).bytes;
    expect((await readNifti(chunk(back))).volume.data).toEqual(volume.data);
    await other.undoStep();
    expect((await other.segments()).segments).toEqual([]);
  });

  test("every format is there, and says what is in it", async () => {
    for (const format of ["nifti", "segments", "seg.nrrd", "itksnap", "csv"] as const) {
      const { bytes, verified } = await client.export(format, { labels: [2] });
      expect(bytes.byteLength).toBeGreaterThan(100);
      expect(verified.labels.map(({ value, name }) => [value, name])).toEqual([[300, "Läsion"]]);
    }
  });
});
