import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CatalogueSettings, catalogueSettings, loadCatalogue, parseManifest } from "./catalogue.ts";
import { type EnsureOptions, ensureModel, findModel, modelPath } from "./ensure-model.ts";
import type { PinnedModel } from "./pinned-models.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const gitBlob = (bytes: Buffer) => createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

const weights = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31) ^ (index >> 8)));
const files: Record<string, Buffer> = {
  LICENSE: Buffer.from("Test licence 1.0\n"),
  "plans.json": Buffer.from("{}"),
  "fold_0/checkpoint_final.pth": weights,
};
const pinned: PinnedModel = {
  id: "nnInteractive_test",
  displayName: "Test",
  path: "nnInteractive_test",
  revision: "abc123",
  files: Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }]),
  ),
};
const manifest = {
  schema_version: 1,
  models: [
    { id: "nnInteractive_test", display_name: "Test", path: "nnInteractive_test" },
    { id: "nnInteractive_small", display_name: "Small", path: "nnInteractive_folder", default: true, more: 1 },
  ],
};

/** A hub of one repository, with the failures a network can have. */
interface Hub {
  /** `METHOD path range`, in order. */
  readonly requests: string[];
  served: Map<string, Buffer>;
  listing: object[];
  /** Connections to the weights that are cut after so many bytes, one after another. */
  cuts: number[];
  ignoreRanges: boolean;
  status?: number;
}

let hub: Hub;
let server: Server;
let settings: CatalogueSettings;

function startHub(): Promise<Server> {
  const started = createServer((request, response) => {
    const { url = "", headers } = request;
    hub.requests.push(headers.range ? `${url} ${headers.range}` : url);
    if (hub.status !== undefined) return response.writeHead(hub.status).end();
    if (url.startsWith("/api/"))
      return response.setHeader("content-type", "application/json").end(JSON.stringify(hub.listing));
    const bytes = hub.served.get(url);
    if (!bytes) return response.writeHead(404).end();
    const from = hub.ignoreRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    const range = from > 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { "content-length": bytes.length - from, ...range });
    const cut = bytes.length > 1_000 ? hub.cuts.shift() : undefined;
    if (cut === undefined) return response.end(bytes.subarray(from));
    return response.write(bytes.subarray(from, from + cut), () => setTimeout(() => request.socket.destroy(), 20));
  });
  return new Promise((resolve) => started.listen(0, "127.0.0.1", () => resolve(started)));
}

beforeEach(async () => {
  const served = new Map<string, Buffer>([
    ["/MIC-DKFZ/nnInteractive/resolve/main/models.json", Buffer.from(JSON.stringify(manifest))],
  ]);
  for (const [name, bytes] of Object.entries(files)) {
    served.set(`/MIC-DKFZ/nnInteractive/resolve/abc123/nnInteractive_test/${name}`, bytes);
    served.set(`/MIC-DKFZ/nnInteractive/resolve/main/nnInteractive_folder/${name}`, bytes);
  }
  const listing = Object.entries(files).map(([name, bytes]) => ({
    type: "file",
    path: `nnInteractive_folder/${name}`,
    size: bytes.length,
    oid: gitBlob(bytes),
    ...(bytes === weights && { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } }),
  }));
  hub = { requests: [], served, listing, cuts: [], ignoreRanges: false };
  server = await startHub();
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const root = await mkdtemp(join(tmpdir(), "septum-models-"));
  settings = { ...catalogueSettings({ HF_ENDPOINT: endpoint, NNINTERACTIVE_MODEL_DIR: root }), pinned: [pinned] };
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(settings.root, { recursive: true, force: true });
});

const accept: EnsureOptions = { acceptLicence: () => true, pauseMs: 1, retries: 2 };
const weightsRequests = () => hub.requests.filter((request) => request.includes(".pth"));

async function expectWhole(folder: string) {
  for (const [name, bytes] of Object.entries(files)) {
    expect(bytes.equals(await readFile(join(folder, name))), name).toBe(true);
  }
  expect((await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".part"))).toEqual([]);
}

describe("catalogueSettings()", () => {
  it("has the official repository, hub and folder, and pins, when the environment says nothing", () => {
    const { pinned: pins, ...rest } = catalogueSettings({});
    expect(rest).toEqual({
      repo: "MIC-DKFZ/nnInteractive",
      endpoint: "https://huggingface.co",
      root: join(homedir(), ".nninteractive"),
    });
    expect(pins.map(({ id }) => id)).toEqual(["nnInteractive_v1.0"]);
  });

  it("follows the environment, and knows no files of another repository", () => {
    const env = {
      NNINTERACTIVE_REPO_ID: "lab/models",
      NNINTERACTIVE_MODEL_DIR: "~/nets",
      HF_ENDPOINT: "https://hf.lab/",
    };
    expect(catalogueSettings(env)).toEqual({
      repo: "lab/models",
      endpoint: "https://hf.lab",
      root: join(homedir(), "nets"),
      pinned: [],
    });
  });
});

describe("parseManifest()", () => {
  const model = (id: string, more: object = {}) => ({ id, display_name: id, path: id, ...more });
  const idsAndDefault = (models: unknown[]) =>
    parseManifest(JSON.stringify({ schema_version: 1, models })).map(
      ({ id, isDefault }) => id + (isDefault ? "*" : ""),
    );

  it("leaves out bad entries and repeated ids, and keeps one default", () => {
    const list = [model("other"), 5, model("nnInteractive_a"), { id: "nnInteractive_b" }];
    expect(idsAndDefault([...list, model("nnInteractive_c", { default: true }), model("nnInteractive_a")])).toEqual([
      "nnInteractive_a",
      "nnInteractive_c*",
    ]);
    expect(idsAndDefault([model("nnInteractive_a"), model("nnInteractive_c")])).toEqual([
      "nnInteractive_a*",
      "nnInteractive_c",
    ]);
    const both = [model("nnInteractive_a", { default: true }), model("nnInteractive_c", { default: true })];
    expect(idsAndDefault(both)).toEqual(["nnInteractive_a*", "nnInteractive_c"]);
  });

  it("takes no id or path that would leave its folder", () => {
    const list = [model("nnInteractive_/../../x"), model("nnInteractive_a", { path: "nnInteractive_a/.." })];
    expect(() => idsAndDefault(list)).toThrow("models.json lists no model");
  });
});

describe("loadCatalogue()", () => {
  it("reads the list from the hub, then from its copy when the hub is away", async () => {
    const fresh = await loadCatalogue(settings);
    expect(fresh.from).toBe("hub");
    expect(fresh.models.map(({ id, isDefault }) => [id, isDefault])).toEqual([
      ["nnInteractive_test", false],
      ["nnInteractive_small", true],
    ]);
    hub.status = 503;
    const cached = await loadCatalogue(settings);
    expect(cached).toEqual({ models: fresh.models, from: "cache", reason: "models.json: status 503" });
  });

  it("says in one sentence what can be done when there is no copy either", async () => {
    hub.served.clear();
    await expect(loadCatalogue(settings)).rejects.toThrow(
      `Cannot get the list of models of MIC-DKFZ/nnInteractive from ${settings.endpoint} (models.json: status 404), and ` +
        `there is no earlier copy in ${settings.root}. Set HF_ENDPOINT to a mirror, or give the path of a model folder`,
    );
  });
});

describe("ensureModel()", () => {
  it("downloads a pinned model at its revision, whole, and reports progress", async () => {
    const progress: number[] = [];
    const onProgress = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) =>
      progress.push(bytes / totalBytes);
    const folder = await ensureModel(settings, "nnInteractive_test", { ...accept, onProgress });
    expect(folder).toBe(modelPath(settings, "nnInteractive_test"));
    await expectWhole(folder);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(hub.requests.some((request) => request.includes("models.json"))).toBe(false);
  });

  it("does without the network once the model is here", async () => {
    await ensureModel(settings, "nnInteractive_test", accept);
    await new Promise((resolve) => server.close(resolve));
    expect(await ensureModel(settings, "nnInteractive_test")).toBe(modelPath(settings, "nnInteractive_test"));
  });

  it("shows the licence and fetches no weights until it is accepted", async () => {
    const shown: string[] = [];
    const acceptLicence = ({ text }: { text: string }) => {
      shown.push(text);
      return false;
    };
    await expect(ensureModel(settings, "nnInteractive_test", { acceptLicence })).rejects.toThrow(
      "nnInteractive_test was not downloaded: its licence has to be accepted first",
    );
    expect(shown).toEqual(["Test licence 1.0\n"]);
    expect(weightsRequests()).toEqual([]);
    expect(await findModel(settings, "nnInteractive_test")).toBeUndefined();
  });

  it("goes on where cut connections ended", async () => {
    hub.cuts = [100_000, 50_000];
    await expectWhole(await ensureModel(settings, "nnInteractive_test", accept));
    const offsets = weightsRequests().map((request) => Number(/bytes=(\d+)-/.exec(request)?.[1] ?? 0));
    expect(offsets).toEqual([0, 100_000, 150_000]);
  });

  it("goes on in a later call where an earlier one gave up", async () => {
    hub.cuts = [70_000, 0, 0];
    await expect(ensureModel(settings, "nnInteractive_test", accept)).rejects.toThrow(
      /checkpoint_final\.pth: .+\. 70000 of 300000 bytes are kept; try again to go on\.$/,
    );
    const before = hub.requests.length;
    await expectWhole(await ensureModel(settings, "nnInteractive_test", accept));
    expect(hub.requests.slice(before)).toEqual(
      [expect.stringMatching(/checkpoint_final\.pth bytes=70000-$/)].concat([]),
    );
  });

  it("starts over when the server does not know ranges", async () => {
    hub.cuts = [100_000];
    hub.ignoreRanges = true;
    await expectWhole(await ensureModel(settings, "nnInteractive_test", accept));
    expect(weightsRequests().length).toBe(2);
  });

  it("throws away a file with the wrong content, and does not make a model of it", async () => {
    const wrong = Buffer.from(weights);
    wrong[200_000] ^= 1;
    const url = "/MIC-DKFZ/nnInteractive/resolve/abc123/nnInteractive_test/fold_0/checkpoint_final.pth";
    hub.served.set(url, wrong);
    await expect(ensureModel(settings, "nnInteractive_test", accept)).rejects.toThrow(
      `is not the file it should be: it has SHA-256 ${sha256(wrong)}, expected ${sha256(weights)}. It was thrown away`,
    );
    expect(await findModel(settings, "nnInteractive_test")).toBeUndefined();
    hub.served.set(url, weights);
    await expectWhole(await ensureModel(settings, "nnInteractive_test", accept));
  });

  it("stops at the first byte too many", async () => {
    const url = "/MIC-DKFZ/nnInteractive/resolve/abc123/nnInteractive_test/plans.json";
    hub.served.set(url, Buffer.from("{  }"));
    await expect(ensureModel(settings, "nnInteractive_test", accept)).rejects.toThrow("it has more than 2 bytes");
  });

  it("tries again after 503, and not after 404", async () => {
    hub.status = 503;
    await expect(ensureModel(settings, "nnInteractive_test", accept)).rejects.toThrow(
      "LICENSE: status 503. 0 of 17 bytes",
    );
    expect(hub.requests.length).toBe(3);
    hub.status = 404;
    await expect(ensureModel(settings, "nnInteractive_test", accept)).rejects.toThrow(
      "the server answers with status 404",
    );
    expect(hub.requests.length).toBe(4);
  });

  it("trusts no folder of a pinned model for having something in it, and replaces what is wrong", async () => {
    const folder = modelPath(settings, "nnInteractive_test");
    await ensureModel(settings, "nnInteractive_test", accept);
    await writeFile(join(folder, "fold_0/checkpoint_final.pth"), weights.subarray(1));
    await rm(join(folder, "plans.json"));
    expect(await findModel(settings, "nnInteractive_test")).toBeUndefined();
    const before = hub.requests.length;
    await expectWhole(await ensureModel(settings, "nnInteractive_test", accept));
    expect(hub.requests.length - before).toBe(2);
  });

  it("downloads an unpinned model of the list by the hub's own listing, under its id", async () => {
    const folder = await ensureModel(settings, "nnInteractive_small", accept);
    expect(folder.endsWith("nnInteractive_small")).toBe(true);
    await expectWhole(folder);
    expect(hub.requests).toContain(
      "/api/models/MIC-DKFZ/nnInteractive/tree/main/nnInteractive_folder?recursive=true&expand=false",
    );
  });

  it("checks small files of an unpinned model by their git hash", async () => {
    hub.served.set("/MIC-DKFZ/nnInteractive/resolve/main/nnInteractive_folder/plans.json", Buffer.from("[]"));
    await expect(ensureModel(settings, "nnInteractive_small", accept)).rejects.toThrow(
      "plans.json is not the file it should be",
    );
  });

  it("refuses a listing that points outside the model's folder", async () => {
    hub.listing = [{ type: "file", path: "nnInteractive_folder/../../evil", size: 1, oid: "0" }];
    await expect(ensureModel(settings, "nnInteractive_small", accept)).rejects.toThrow(
      'The server lists a file outside the model\'s folder: "nnInteractive_folder/../../evil"',
    );
  });

  it("uses a folder of an unpinned model as it is", async () => {
    const file = join(modelPath(settings, "nnInteractive_own"), "plans.json");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, "{}");
    expect(await ensureModel(settings, "nnInteractive_own")).toBe(dirname(file));
    expect(hub.requests).toEqual([]);
  });

  it("names the models there are when asked for another", async () => {
    await expect(ensureModel(settings, "nnInteractive_v9")).rejects.toThrow(
      "There is no model nnInteractive_v9 in MIC-DKFZ/nnInteractive. It has: nnInteractive_test, nnInteractive_small",
    );
  });

  it("counts a silent connection as cut", async () => {
    hub.cuts = [1_000];
    server.removeAllListeners("request");
    server.on("request", (_request, response) => response.writeHead(200, { "content-length": 17 }).write("Test"));
    const options = { ...accept, retries: 0, idleMs: 50 };
    await expect(ensureModel(settings, "nnInteractive_test", options)).rejects.toThrow(
      "no data for 0.05 s. 4 of 17 bytes",
    );
  });

  it("stops when the signal says so", async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error("stopped by hand"));
    const options = { ...accept, signal: controller.signal, onProgress };
    await expect(ensureModel(settings, "nnInteractive_test", options)).rejects.toThrow("stopped by hand");
  });
});
