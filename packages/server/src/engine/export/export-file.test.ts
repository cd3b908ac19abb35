import { bitBytes, countBits, readNifti, readNiftiHeader, readSegNrrd, type Vec3, writeNifti } from "@septum/volume";
import fc from "fast-check";
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { affine } from "../testing.ts";
import { codecs, exportFile } from "./export-file.ts";
import { type ExportFormat, type ExportMask, ExportMismatchError, type ExportRequest } from "./exported.ts";

const size: Vec3 = [11, 9, 7];
const total = size[0] * size[1] * size[2];

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The header of a scan of that size, as it comes out of its file. */
const scaling = { slope: 2, intercept: -10 };
const scan = writeNifti({ data: new Int16Array(total), size, affine, scaling });
const source = await readNiftiHeader(chunk(scan.header));
const grid = { size, affine: source.affine, scaling };

const states = ["todo", "in_progress", "done"] as const;

/** Set voxels by their numbers. */
function bitsOf(voxels: readonly number[]): Uint8Array {
  const bits = new Uint8Array(bitBytes(total));
  for (const voxel of voxels) bits[voxel >> 3] |= 1 << (voxel & 7);
  return bits;
}

const names = fc.oneof(
  fc.constantFrom(
    "liver",
    "Liver",
    "Leber, “links”",
    'a "quoted" one',
    "back\\slash",
    "=1+1",
    "con",
    "../../etc",
    "肝",
    ".",
    "a/b",
    "line\u2028separated",
    "\u2029",
  ),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((name) => /^\P{Cc}+$/u.test(name)),
);
const requests = fc
  .uniqueArray(
    fc.record({
      label: fc.integer({ min: 1, max: 400 }),
      name: names,
      color: fc.integer({ min: 0, max: 0xffffff }).map((rgb) => `#${rgb.toString(16).padStart(6, "0")}`),
      state: fc.constantFrom(...states),
      bits: fc.array(fc.nat({ max: total - 1 }), { maxLength: 300 }).map(bitsOf),
    }),
    { selector: ({ label }) => label, minLength: 1, maxLength: 5 },
  )
  .map((masks) => masks.map((mask): ExportMask => ({ ...mask, value: 401 - mask.label })));

const formats = Object.keys(codecs) as ExportFormat[];

function requestOf(format: ExportFormat, masks: readonly ExportMask[]): ExportRequest {
  return { format, masks, grid, source };
}

describe("exportFile()", () => {
  test.each(formats)("writes %s files that say what the masks say", async (format) => {
    await fc.assert(
      fc.asyncProperty(requests, async (masks) => {
        const file = await exportFile(requestOf(format, masks));
        expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(file.segments.map(({ label }) => label)).toEqual(masks.map(({ label }) => label).sort((a, b) => a - b));
        if (format === "nifti") return;
        for (const { label, voxels } of file.segments) {
          const { bits } = masks.find((mask) => mask.label === label)!;
          expect(voxels).toBe(countBits(bits, 0, total));
        }
      }),
      { numRuns: 40 },
    );
  });

  test.each(formats)("does not let a %s file out of the house that says something else", async (format) => {
    const changes: ((mask: ExportMask, voxel: number) => ExportMask)[] = [
      (mask, voxel) => ({ ...mask, bits: flipped(mask.bits, voxel) }),
      (mask) => ({ ...mask, value: mask.value === 500 ? 501 : 500 }),
      (mask) => ({ ...mask, name: `${mask.name}x` }),
      (mask) => ({ ...mask, color: mask.color === "#010203" ? "#030201" : "#010203" }),
      (mask) => ({ ...mask, state: mask.state === "done" ? "todo" : "done" }),
    ];
    /** What a format has room for. */
    const says: Record<ExportFormat, readonly number[]> = {
      nifti: [0, 1],
      segments: [0, 2],
      "seg.nrrd": [0, 1, 2, 3, 4],
      itksnap: [1, 2, 3],
      csv: [0, 1, 2],
    };
    const kind = fc.constantFrom(...says[format]);
    await fc.assert(
      fc.asyncProperty(requests, kind, fc.nat(), fc.nat({ max: total - 1 }), async (masks, change, place, voxel) => {
        // Of label maps the first wins, and an empty object says nothing.
        const at = format === "nifti" ? 0 : place % masks.length;
        fc.pre(change === 0 || countBits(masks[at].bits, 0, total) > 0);
        const wrong = masks.with(at, changes[change](masks[at], voxel));
        const codec = codecs[format];
        const tampered = { ...codec, write: () => codec.write(requestOf(format, wrong)) };
        await expect(exportFile(requestOf(format, masks), tampered)).rejects.toThrow(ExportMismatchError);
      }),
      { numRuns: 40 },
    );
  });

  test.each(["nifti", "segments", "seg.nrrd", "csv"] as const)(
    "does not let a %s file out of the house that lies elsewhere",
    async (format) => {
      const mask: ExportMask = { label: 1, value: 1, name: "a", color: "#ff0000", state: "done", bits: bitsOf([5, 6]) };
      const codec = codecs[format];
      for (const shift of [0.02, -1.5]) {
        const moved = { ...grid, affine: grid.affine.map((value, n) => (n === 7 ? value + shift : value)) };
        const write = () => codec.write({ ...requestOf(format, [mask]), grid: moved });
        await expect(exportFile(requestOf(format, [mask]), { ...codec, write })).rejects.toThrow(
          /lies elsewhere than the image|The table says/,
        );
      }
    },
  );

  test("says where a voxel differs", async () => {
    const mask: ExportMask = { label: 3, value: 7, name: "a", color: "#ff0000", state: "done", bits: bitsOf([5, 6]) };
    const write = () => codecs.nifti.write(requestOf("nifti", [{ ...mask, bits: bitsOf([5, 6, 11 * 9 + 11 + 2]) }]));
    await expect(exportFile(requestOf("nifti", [mask]), { ...codecs.nifti, write })).rejects.toThrow(
      "Voxel [2, 1, 1] of the file is 7: the masks say 0",
    );
  });

  test("gives a voxel of several objects to the first in a label map, and to each in a segmentation", async () => {
    const masks = [
      { label: 2, value: 300, name: "locked", color: "#ff0000", state: "done", bits: bitsOf([10, 11]) },
      { label: 1, value: 4, name: "low", color: "#00ff00", state: "todo", bits: bitsOf([11, 12, 13]) },
      { label: 5, value: 5, name: "far", color: "#0000ff", state: "in_progress", bits: bitsOf([40]) },
    ] as const;
    const map = await exportFile(requestOf("nifti", masks));
    expect(map.segments.map(({ voxels }) => voxels)).toEqual([2, 2, 1]);
    const { volume, header } = await readNifti(chunk(map.bytes));
    expect([...volume.data.slice(10, 14)]).toEqual([300, 300, 4, 4]);
    expect([header.dtype, header.intentCode, header.geometry]).toEqual(["uint16", 1002, source.geometry]);

    const { bytes } = await exportFile(requestOf("seg.nrrd", masks));
    const { layers, segments, data } = await readSegNrrd(chunk(bytes));
    expect(layers).toBe(2);
    // The larger of the two that overlap, and whatever has room beside it, are in the first layer.
    expect(segments.map(({ name, layer, value, status }) => [name, layer, value, status])).toEqual([
      ["low", 0, 4, "notstarted"],
      ["locked", 1, 300, "completed"],
      ["far", 0, 5, "inprogress"],
    ]);
    expect([...data.slice(20, 28)]).toEqual([0, 300, 4, 300, 4, 0, 4, 0]);
  });

  test("names the files of an archive so that every system can have them side by side", async () => {
    const named = (name: string, value: number): ExportMask => {
      return { label: value, value, name, color: "#ff0000", state: "done", bits: bitsOf([value]) };
    };
    const masks = ["liver", "Liver", "../../etc/passwd", "NUL", "..", "ganglion stellatum (L)"].map((name, n) =>
      named(name, n + 1),
    );
    const { bytes } = await exportFile(requestOf("segments", masks));
    expect(Object.keys(unzipSync(bytes))).toEqual([
      "liver.nii.gz",
      "Liver-2.nii.gz",
      "_.._etc_passwd.nii.gz",
      "NUL_.nii.gz",
      "segment-5.nii.gz",
      "ganglion stellatum _L_.nii.gz",
    ]);
  });

  test("tells sizes and places as a table", async () => {
    const masks: ExportMask[] = [
      { label: 2, value: 9, name: 'a, "b"', color: "#ff0000", state: "done", bits: bitsOf([0, 1, 11 + 1]) },
      { label: 1, value: 1, name: "none", color: "#ff0000", state: "done", bits: bitsOf([]) },
    ];
    const { bytes } = await exportFile(requestOf("csv", masks));
    const voxelVolume = Math.abs(-0.9 * (0.8 * 1.5 + 0.2 * 0.3) - 0.1 * 0.1 * 1.5);
    const lines = new TextDecoder().decode(bytes).split("\r\n");
    expect(lines[1]).toBe("1,1,none,0,0.0000,,,,,,,,,");
    expect(lines[2].startsWith(`2,9,"a, ""b""",3,${((3 * voxelVolume) / 1000).toFixed(4)},0,2,0,2,0,1,`)).toBe(true);
    expect(lines).toHaveLength(4);
  });
});

function flipped(bits: Uint8Array, voxel: number): Uint8Array {
  const copy = bits.slice();
  copy[voxel >> 3] ^= 1 << (voxel & 7);
  return copy;
}
