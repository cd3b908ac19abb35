import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CheckpointError } from "./errors.ts";
import { bytesSource } from "./source.ts";
import { zip } from "./testing.ts";
import { readEntry, readZipDirectory } from "./zip.ts";

const files = [
  { name: "a/data.pkl", bytes: Uint8Array.of(1, 2, 3) },
  { name: "a/data/0", bytes: new Uint8Array(300).fill(7), deflate: true },
  { name: "a/empty", bytes: new Uint8Array(0) },
];

async function read(bytes: Uint8Array): Promise<Record<string, number[]>> {
  const source = bytesSource(bytes);
  const out: Record<string, number[]> = {};
  for (const entry of (await readZipDirectory(source)).values())
    out[entry.name] = [...(await readEntry(source, entry))];
  return out;
}

describe("readZipDirectory() and readEntry()", () => {
  const expected = Object.fromEntries(files.map(({ name, bytes }) => [name, [...bytes]]));

  it("read stored and deflated entries whose local headers carry no sizes", async () => {
    expect(await read(zip(files))).toEqual(expected);
  });

  it("read sizes and offsets from ZIP64 fields", async () => {
    expect(await read(zip(files, { zip64: true }))).toEqual(expected);
  });

  it("find the directory before a trailing comment", async () => {
    const bytes = zip(files);
    const commented = new Uint8Array(bytes.length + 9);
    commented.set(bytes);
    new DataView(commented.buffer).setUint16(bytes.length - 2, 9, true);
    expect(await read(commented)).toEqual(expected);
  });

  it("say what a file is when it is no ZIP file", async () => {
    await expect(read(new Uint8Array(0))).rejects.toThrow("the file is empty");
    await expect(read(new TextEncoder().encode("<html>not found</html>"))).rejects.toThrow("it is no ZIP file");
    await expect(read(Uint8Array.of(0x80, 2, 0x8a, 10))).rejects.toThrow("from before version 1.6");
    await expect(read(zip(files).subarray(0, 200))).rejects.toThrow(
      "truncated: the ZIP file's directory is missing after 200 bytes",
    );
  });

  it("refuse an entry whose bytes do not match its checksum", async () => {
    const bytes = zip(files);
    bytes[30 + "a/data.pkl".length + 5] ^= 1;
    await expect(read(bytes)).rejects.toThrow('"a/data.pkl" is damaged: its checksum is wrong');
  });

  it("refuse two entries of one name", async () => {
    await expect(read(zip([files[0], files[0]]))).rejects.toThrow('"a/data.pkl" occurs twice');
  });

  it("refuse an entry that inflates beyond what it claims", async () => {
    const bytes = zip([files[1]]);
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(bytes.length - 6, true);
    view.setUint32(directory + 24, 10, true);
    await expect(read(bytes)).rejects.toThrow('"a/data/0" cannot be inflated to its 10 bytes');
  });

  it("answer any damage with a CheckpointError", async () => {
    const whole = [zip(files), zip(files, { zip64: true })];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (bytes, changes, cut) => {
          const damaged = bytes.slice(0, cut % 3 === 0 ? cut % bytes.length : bytes.length);
          for (const [at, value] of changes) if (damaged.length > 0) damaged[at % damaged.length] = value;
          await read(damaged).catch((error) => expect(error).toBeInstanceOf(CheckpointError));
        },
      ),
      { numRuns: 500 },
    );
  });
});
