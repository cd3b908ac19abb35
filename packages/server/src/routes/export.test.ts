import { createHash } from "node:crypto";
import { createClient } from "@septum/protocol";
import { readNifti, readSegNrrd } from "@septum/volume";
import { afterEach, describe, expect, test } from "vitest";
import { ExportMismatchError } from "../engine/export/exported.ts";
import { fakeEngine } from "../testing/fake-engine.ts";
import { affine, chunk, type Harness, startHarness } from "../testing/harness.ts";

let harness: Harness;

afterEach(() => harness?.app.close());

/** A session with two objects that overlap, the higher one locked. */
async function segmented(): Promise<string> {
  const { call, loaded } = harness;
  const id = await loaded();
  await call(id, "POST", "/api/segments/1/prompts", { kind: "point", voxel: [4, 5, 4] });
  await call(id, "POST", "/api/segments/2/prompts", { kind: "point", voxel: [6, 5, 4] });
  await call(id, "PATCH", "/api/segments/2", { name: "Leber “links”", color: "#a03030", value: 300, locked: true });
  return id;
}

describe("GET /api/export", () => {
  test("gives every format with what was found in it", async () => {
    harness = await startHarness();
    const id = await segmented();
    const types = new Map<string, unknown>();
    for (const format of ["nifti", "segments", "seg.nrrd", "itksnap", "csv"]) {
      const { status, raw, headers } = await harness.call(id, "GET", `/api/export?format=${format}`);
      expect(status).toBe(200);
      const verified = JSON.parse(String(headers["x-septum-verified"]));
      expect(verified.sha256).toBe(createHash("sha256").update(raw).digest("hex"));
      expect(headers["content-disposition"]).toBe(`attachment; filename="${verified.file}"`);
      // 125 each, and 75 in common, which the locked one has in a label map.
      expect(verified.labels).toEqual([
        { label: 1, value: 1, name: "Label 1", voxels: format === "nifti" ? 50 : 125 },
        { label: 2, value: 300, name: "Leber “links”", voxels: 125 },
      ]);
      types.set(verified.file, headers["content-type"]);
      if (format === "nifti") {
        const { volume, header } = await readNifti(chunk(raw));
        expect([header.dtype, header.intentCode]).toEqual(["uint16", 1002]);
        expect(volume.affine).toEqual(affine.map((value) => Math.fround(value)));
      }
      if (format === "seg.nrrd") expect((await readSegNrrd(chunk(raw))).layers).toBe(2);
    }
    expect([...types]).toEqual([
      ["segmentation.nii.gz", "application/gzip"],
      ["segments.zip", "application/zip"],
      ["segmentation.seg.nrrd", "application/octet-stream"],
      ["labels.txt", "text/plain; charset=utf-8"],
      ["volumes.csv", "text/csv; charset=utf-8"],
    ]);
  });

  test("leaves objects out that were not asked for, and refuses unknown ones", async () => {
    harness = await startHarness();
    const id = await segmented();
    const one = await harness.call(id, "GET", "/api/export?format=csv&labels=1");
    expect(one.raw.toString().split("\r\n")).toHaveLength(3);
    const unknown = await harness.call(id, "GET", "/api/export?format=csv&labels=1,7");
    expect([unknown.status, unknown.body.detail]).toEqual([404, "There is no object 7: there are 1, 2"]);
    const wrong = await harness.call(id, "GET", "/api/export?format=docx");
    expect([wrong.status, wrong.body.code]).toEqual([400, "bad_request"]);
  });

  test("says what is missing when there is nothing to export", async () => {
    harness = await startHarness();
    expect((await harness.call(undefined, "GET", "/api/export?format=nifti")).body.code).toBe("no_image");
    const { status, body } = await harness.call(await harness.loaded(), "GET", "/api/export?format=nifti");
    const detail = "There is nothing to export yet: segment something first";
    expect([status, body]).toEqual([409, { code: "no_segmentation", detail }]);
  });

  test("sends nothing that its reader does not find to be the masks", async () => {
    const engine = fakeEngine();
    const broken: typeof engine = {
      ...engine,
      async openImage(path, options) {
        const image = await engine.openImage(path, options);
        return { ...image, exportFile: () => Promise.reject(new ExportMismatchError("Voxel [1, 2, 3] …")) };
      },
    };
    harness = await startHarness({ app: { engine: broken } });
    const { status, body, headers } = await harness.call(await segmented(), "GET", "/api/export?format=nifti");
    expect([status, body.code]).toEqual([500, "export_mismatch"]);
    expect(body.detail).toContain("it was not sent");
    expect([headers["x-septum-verified"], headers["content-disposition"]]).toEqual([undefined, undefined]);
  });

  test("keeps its header short however many objects there are, and the client takes it", async () => {
    harness = await startHarness();
    const id = await harness.loaded();
    const name = "ü".repeat(100);
    for (let label = 1; label <= 20; label++) await harness.call(id, "POST", "/api/segments", { label, name });
    const client = createClient({
      baseUrl: "",
      sessionId: id,
      async fetch(url, init) {
        const { raw, headers, status } = await harness.call(id, "GET", String(url), undefined, init?.headers as never);
        return new Response(new Uint8Array(raw), { status, headers: headers as Record<string, string> });
      },
    });
    const { name: file, verified, bytes } = await client.export("itksnap");
    expect([file, bytes.byteLength > 1000]).toEqual(["labels.txt", true]);
    expect(JSON.stringify(verified.labels[0].name)).toBe(`"${name}"`);
    expect(verified.labels.length + (verified.labels_left_out ?? 0)).toBe(20);
    expect(verified.labels_left_out).toBeGreaterThan(0);
  });
});
