import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Affine, rasToLps } from "./affine.ts";
import type { Vec3 } from "./box.ts";
import { writeSegNrrdHeader } from "./seg-nrrd.ts";
import { isNrrd, readSegNrrd } from "./seg-nrrd-read.ts";

const size: Vec3 = [3, 2, 2];
const affine: Affine = [-0.9, 0.1, 0, 40, 0.1, 0.8, 0.3, -20, 0, -0.2, 1.5, 7, 0, 0, 0, 1];

async function* pieces(bytes: Uint8Array, length = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

function fileOf(header: string | Uint8Array, voxels: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(header), voxels]);
}

const segments = [
  { id: "Segment_1", name: "liver", color: "#dd8265", value: 1, layer: 0, status: "completed" },
  { id: "Segment_9", name: "back\\slash, Läsion", color: "#0080ff", value: 300, layer: 1, status: "notstarted" },
] as const;

/** Numbers of two layers, the layer running fastest. */
const numbers = Uint16Array.from({ length: 24 }, (_, n) => (n % 5 === 0 ? [1, 300][n % 2] : 0));

/** A header as other programs write it, of 3 × 2 × 2 voxels. */
function header(fields: Readonly<Record<string, string | undefined>>, keys: readonly string[] = []): string {
  const all = {
    type: "short",
    dimension: "3",
    space: "left-posterior-superior",
    sizes: "3 2 2",
    "space directions": "(0.5,0,0) (0,0.75,0) (0,0,2)",
    kinds: "domain domain domain",
    endian: "little",
    encoding: "raw",
    "space origin": "(10,-20,30)",
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return ["NRRD0005", "# made by hand", ...lines, ...keys, "", ""].join("\n");
}

const voxels = new Uint8Array(Int16Array.from({ length: 12 }, (_, n) => n).buffer);

describe(".seg.nrrd files", () => {
  test("come back as they were written, layers and all", async () => {
    const head = writeSegNrrdHeader({ size, affine, layers: 2, dtype: "uint16", segments });
    expect(isNrrd(head)).toBe(true);
    const read = await readSegNrrd(pieces(fileOf(head, gzipSync(new Uint8Array(numbers.buffer)))));
    expect(read).toEqual({ data: numbers, layers: 2, size, affine, segments });
  });

  test("say their place as ITK and Slicer do: LPS, in millimetres", () => {
    const text = new TextDecoder().decode(
      writeSegNrrdHeader({ size, affine, layers: 1, dtype: "uint8", segments: [segments[0]] }),
    );
    const lps = rasToLps(affine);
    expect(text).toContain("space: left-posterior-superior\nsizes: 3 2 2\n");
    expect(text).toContain(`space directions: (${lps[0]},${lps[4]},${lps[8]}) `);
    expect(text).toContain("space origin: (-40,20,7)\n");
    expect(text).toContain("Segment0_Name:=liver\n");
    expect(text).toMatch(/Segment0_Tags:=Segmentation\.Status:completed\|TerminologyEntry:[^|]*85756007[^|]*\|\n/);
    expect(text.endsWith("\n\n")).toBe(true);
  });

  test("of other programs are read: raw, either byte order, RAS, no segments", async () => {
    const plain = await readSegNrrd(pieces(fileOf(header({}), voxels)));
    expect([...plain.data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(plain).toMatchObject({ layers: 1, size, segments: [] });
    expect(plain.affine).toEqual([-0.5, 0, 0, -10, 0, -0.75, 0, 20, 0, 0, 2, 30, 0, 0, 0, 1]);
    const swapped = voxels.slice();
    for (let n = 0; n < swapped.length; n += 2) swapped.subarray(n, n + 2).reverse();
    const ras = header({ endian: "big", space: "RAS" });
    const other = await readSegNrrd(pieces(fileOf(ras.replaceAll("\n", "\r\n"), swapped)));
    expect([...other.data]).toEqual([...plain.data]);
    expect(other.affine.slice(0, 12)).toEqual([0.5, 0, 0, 10, 0, 0.75, 0, -20, 0, 0, 2, 30]);
  });

  test("of older Slicers have one layer for each segment, with the value 1", async () => {
    const keys = ["Segment0_ID:=a", "Segment0_Name:=first", "Segment1_ID:=b", "Segment1_Color:=1 0.5 2"];
    const list = {
      dimension: "4",
      sizes: "2 3 2 1",
      "space directions": "none (1,0,0) (0,1,0) (0,0,1)",
      type: "uint8",
    };
    const read = await readSegNrrd(
      pieces(fileOf(header({ ...list, kinds: "list domain domain domain" }, keys), voxels)),
    );
    expect(read.layers).toBe(2);
    expect(read.segments).toEqual([
      { id: "a", name: "first", value: 1, layer: 0, color: undefined, status: undefined },
      { id: "b", name: undefined, value: 1, layer: 1, color: undefined, status: undefined },
    ]);
  });

  test.each([
    ["not-nrrd", "NIFTI", "does not begin with a NRRD header"],
    ["not-nrrd", "NRRD0005\ntype: short\n", "does not begin with a NRRD header"],
    ["unsupported-dtype", header({ type: "block" }), 'of type "block"'],
    ["unsupported-nrrd", header({ encoding: "bzip2" }), "encoded as bzip2"],
    ["unsupported-nrrd", header({ "data file": "x.raw" }), "in another file than the header"],
    ["bad-dimensions", header({ sizes: "3 2" }), "3 axes of the sizes 3 × 2"],
    ["bad-dimensions", header({ sizes: "3 -2 2" }), "3 axes of the sizes 3 × -2 × 2"],
    ["bad-affine", header({ space: undefined }), 'space is ""'],
    ["bad-affine", header({ "space origin": "(0,0)" }), "no three vectors and a place"],
    ["bad-affine", header({ "space directions": "(1,0,0) (2,0,0) (0,0,1)" }), "singular"],
    ["too-large", header({ sizes: "4000 4000 4000" }), "4000 × 4000 × 4000 voxels of int16"],
    ["truncated", header({}), "ends after 0 of 24 bytes"],
  ])("that cannot be used are refused: %s", async (code, text, message) => {
    const reading = readSegNrrd(pieces(new TextEncoder().encode(text)));
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test("with more or damaged voxels are refused", async () => {
    const packed = gzipSync(Buffer.concat([voxels, voxels]));
    const head = header({ encoding: "gzip" });
    await expect(readSegNrrd(pieces(fileOf(head, packed)))).rejects.toMatchObject({ code: "excess-data" });
    const broken = gzipSync(voxels);
    broken[broken.length - 6] ^= 1;
    await expect(readSegNrrd(pieces(fileOf(head, broken)))).rejects.toMatchObject({ code: "damaged" });
  });
});
