import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createClient } from "@septum/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as story from "./foreign-story.ts";
import { findMonaiClient } from "./monai-client.ts";
import { smallModel } from "./small-model.ts";
import { type RunningServer, startServer } from "./start-server.ts";

const { positive, negative, voxels } = story;

let server: RunningServer;
let model: string;
let folder: string;
let scan: string;
let told: story.Story;

beforeAll(async () => {
  model = smallModel();
  folder = mkdtempSync(join(tmpdir(), "septum-monai-"));
  scan = join(folder, "scan.nii.gz");
  writeFileSync(scan, story.scan());
  const cors = ["--cors-origins", "https://viewer.example"];
  server = await startServer(["--model", model, "--device", "cpu", "--protocol", "monai", ...cors]);
  told = await story.tellStory(server.url);
});

afterAll(async () => {
  await server?.stop();
  for (const path of [folder, model]) rmSync(path, { recursive: true, force: true });
});

const boundary = "----------lImIt_of_THE_fIle_eW_$";

/** What MONAI Label's module for Slicer sends (specs/client-protocols.md §7.6), byte by byte where that matters. */
describe("MONAI Label, replayed", () => {
  async function create(): Promise<string> {
    const form = new FormData();
    form.set("client_id", "user-xyz");
    form.set("files", new Blob([Uint8Array.from(story.scan())]), "scan.nii.gz");
    const response = await fetch(`${server.url}/session/`, { method: "PUT", body: form });
    expect(response.status).toBe(200);
    return ((await response.json()) as { session_id: string }).session_id;
  }

  function infer(session: string, params: object): Promise<RawAnswer> {
    const lines = [`--${boundary}`, 'Content-Disposition: form-data; name="params"', "", JSON.stringify(params)];
    const body = `${[...lines, `--${boundary}--`, ""].join("\r\n")}\r\n`;
    return rawPost(`/infer/nnInteractive?image=MR+head&session_id=${session}`, body);
  }

  it("M1 and M2 finds no login, and one model for points", async () => {
    const auth = await fetch(`${server.url}/auth/`);
    expect(await auth.json()).toEqual({ enabled: false });
    const info = await (await fetch(`${server.url}/info/`)).json();
    expect(info).not.toHaveProperty("config");
    expect(info).toMatchObject({ models: { nnInteractive: { type: "deepgrow", dimension: 3, config: {} } } });
    expect((await fetch(`${server.url}/train/?check_if_running=true`)).status).toBe(404);
  });

  it("M3 knows a session until it is deleted", async () => {
    const url = `${server.url}/session/${await create()}`;
    expect(Object.keys((await (await fetch(url)).json()) as object)).toEqual(
      expect.arrayContaining(["name", "path", "image", "meta", "create_ts", "last_access_ts", "expiry"]),
    );
    expect((await fetch(url, { method: "DELETE" })).status).toBe(200);
    expect((await fetch(url)).status).toBe(404);
  });

  it("M4 and M5 gets the masks of the session's own API, whole and with their length", async () => {
    const session = await create();
    const first = await infer(session, { label: "Label 1", foreground: [positive], background: [] });
    expect(first.head).toMatch(/\r\ncontent-length: \d+\r\n/i);
    expect(first.head).not.toMatch(/transfer-encoding/i);
    expectSame(maskOf(first.body), told.afterPoint);
    const both = { label: "Label 1", foreground: [positive], background: [negative] };
    expectSame(maskOf((await infer(session, both)).body), told.afterBoth);
    const atOnce = await create();
    expectSame(maskOf((await infer(atOnce, both)).body), told.afterBoth);
    const { segments } = await createClient({ baseUrl: server.url, sessionId: session }).segments();
    expect(segments.map(({ label, prompts }) => [label, prompts.length])).toEqual([[1, 2]]);
  });

  it("M6 answers OHIF with the bare file, and lets its page in", async () => {
    const session = await create();
    const form = new FormData();
    form.set("params", JSON.stringify({ label: "Label 1", foreground: [positive], result_compress: false }));
    const response = await fetch(`${server.url}/infer/nnInteractive?session_id=${session}&output=image`, {
      method: "POST",
      headers: { Origin: "https://viewer.example", "Sec-Fetch-Site": "cross-site" },
      body: form,
    });
    expect(response.headers.get("access-control-allow-origin")).toBe("https://viewer.example");
    const file = Buffer.from(await response.arrayBuffer());
    expect(file.toString("latin1", 0, 600)).toContain("\nencoding: raw\n");
    expectSame(nrrdMask(file), told.afterPoint);
  });
});

const client = findMonaiClient();
if (typeof client === "string") process.stdout.write(`skipped: MONAI Label's own client: ${client}\n`);

describe.runIf(typeof client !== "string")("MONAI Label's own client", () => {
  const drive = client as Exclude<typeof client, string>;

  it("opens a session, infers and removes it; the files lie where the scan lies", async () => {
    const calls = [
      { label: "Label 1", foreground: [positive], background: [] },
      { label: "Label 1", foreground: [positive], background: [negative] },
      { label: "liver", foreground: [positive], background: [] },
    ];
    const { auth, training, known, removed, results, info } = await drive(server.url, scan, calls);
    expect({ auth, training, known, removed }).toEqual({ auth: false, training: false, known: true, removed: true });
    expect(info.models.nnInteractive.labels).toContain("Label 1");
    for (const { name, type, geometry } of results) {
      expect(name).toMatch(/^[\w-]+\.nrrd$/);
      expect(type).toBe("8-bit unsigned integer");
      expect(geometry).toHaveLength(4);
      for (const [here, there] of geometry) {
        expect(here).toHaveLength(there.length);
        // NIfTI keeps float32.
        for (const [n, value] of here.entries()) expect(value).toBeCloseTo(there[n], 4);
      }
    }
    const masks = results.map(({ mask }) => Buffer.from(mask, "hex"));
    expectSame(masks[0], told.afterPoint);
    expectSame(masks[1], told.afterBoth);
    expectSame(masks[2], told.afterPoint);
    expect(results[2].params).toMatchObject({ label_names: { liver: 1 } });
  });

  it("logs in with the access token as its password", async () => {
    const closed = await startServer([
      "--model",
      model,
      "--device",
      "cpu",
      "--protocol",
      "monai",
      "--token",
      "open-sesame",
    ]);
    try {
      await expect(drive(closed.url, scan, [], "wrong-horse")).rejects.toThrow("The password is wrong");
      const { auth, valid, known } = await drive(closed.url, scan, [], "open-sesame");
      expect({ auth, valid, known }).toEqual({ auth: true, valid: true, known: true });
    } finally {
      await closed.stop();
    }
  });
});

interface RawAnswer {
  readonly head: string;
  readonly body: Buffer;
}

/** Reads the socket itself, as that client does, so that nothing on the way is undone. */
function rawPost(path: string, body: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(server.url);
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    "Accept-Encoding: identity",
    `content-type: multipart/form-data; boundary=${boundary}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ].join("\r\n");
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(`${head}\r\n\r\n${body}`));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("error", reject);
    socket.once("end", () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n") + 4;
      resolve({ head: all.toString("latin1", 0, end), body: all.subarray(end) });
    });
  });
}

/** The mask in the file of a form. */
function maskOf(body: Buffer): Uint8Array {
  const start = body.indexOf("\r\n\r\n", body.indexOf('name="image"; filename="')) + 4;
  const edge = body.subarray(0, body.indexOf("\r\n"));
  return nrrdMask(body.subarray(start, body.lastIndexOf(edge) - 2));
}

function nrrdMask(file: Buffer): Uint8Array {
  const end = file.indexOf("\n\n") + 2;
  const data = file.subarray(end);
  return file.toString("latin1", 0, end).includes("encoding: gzip") ? gunzipSync(data) : data;
}

function expectSame(mask: Uint8Array, wanted: Uint8Array): void {
  expect(mask.length).toBe(voxels);
  expect(Buffer.compare(mask, wanted)).toBe(0);
  // A mask of nothing would prove nothing.
  expect(wanted.some((value) => value === 1)).toBe(true);
}
