import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCheckpoint, readContents, readWeights } from "./checkpoint.ts";
import { CheckpointError } from "./errors.ts";
import { bytesSource } from "./source.ts";
import { checkpoint, type FakeCheckpoint, int, ops, unicode, zip } from "./testing.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "septum-checkpoint-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(bytes: Uint8Array): Promise<string> {
  const path = join(folder, "checkpoint_final.pth");
  await writeFile(path, bytes);
  return path;
}

async function weightsOf(fake: FakeCheckpoint, names = Object.keys(fake.weights)): Promise<Record<string, number[]>> {
  const found = await readCheckpoint(await file(checkpoint(fake)));
  const out: Record<string, number[]> = {};
  for await (const { name, values } of readWeights(found, names)) out[name] = [...values];
  return out;
}

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const floats = (...values: number[]) => bytesOf(Float32Array.from(values));

describe("readCheckpoint()", () => {
  it("finds the configuration and the weights, in ZIP64 form too", async () => {
    for (const zip64 of [false, true]) {
      const path = await file(checkpoint({ weights: { "a.weight": { shape: [2, 3] } }, zip64 }));
      const found = await readCheckpoint(path);
      expect(found.configuration).toBe("3d_fullres");
      expect(found.weights.get("a.weight")).toMatchObject({ shape: [2, 3], strides: [3, 1], offset: 0 });
    }
  });

  it("gives each weight one name", async () => {
    const one = { shape: [1] };
    const { weights } = await readCheckpoint(
      await file(
        checkpoint({
          weights: {
            "module._orig_mod.encoder.a.conv.weight": one,
            "decoder.encoder.a.conv.weight": one,
            "encoder.b.all_modules.0.weight": one,
            "encoder.b.all_modules.1.bias": one,
            "encoder.c.all_modules.2.weight": one,
          },
        }),
      ),
    );
    expect([...weights.keys()]).toEqual([
      "encoder.a.conv.weight",
      "encoder.b.conv.weight",
      "encoder.b.norm.bias",
      "encoder.c.norm.weight",
    ]);
  });

  it("names the file that is not there", async () => {
    await expect(readCheckpoint(join(folder, "none.pth"))).rejects.toThrow(
      /Cannot open checkpoint .*none\.pth: ENOENT/,
    );
  });

  it("says what is missing from a file that is no nnU-Net checkpoint", async () => {
    const only = (pickle: Uint8Array) => zip([{ name: "x/data.pkl", bytes: pickle }]);
    const cases: [Uint8Array, string][] = [
      [zip([{ name: "x", bytes: new Uint8Array(1) }]), "this is a ZIP file without data.pkl"],
      [only(ops(int(1), ".")), "data.pkl holds no dictionary"],
      [
        only(ops("}(", unicode("state_dict"), "}u.")),
        "no 'network_weights' in it, so this is no nnU-Net checkpoint; it has [state_dict]",
      ],
      [checkpoint({ weights: {}, byteOrder: "big" }), 'its byte order is "big"; only little-endian files are read'],
    ];
    for (const [bytes, message] of cases) {
      const path = await file(bytes);
      await expect(readCheckpoint(path)).rejects.toThrow(`Cannot read checkpoint ${path}: ${message}`);
    }
  });

  it("runs nothing in a malicious file", async () => {
    const mark = join(folder, "was-run");
    const attack = ops(unicode("x"), "cposix\nsystem\n", unicode(`touch ${mark}`), 0x85, "R");
    const fake = checkpoint({ weights: { a: { shape: [1] } }, extra: attack });
    expect([...(await readCheckpoint(await file(fake))).weights.keys()]).toEqual(["a"]);
    const bare = zip([{ name: "x/data.pkl", bytes: ops("cposix\nsystem\n", unicode(`touch ${mark}`), 0x85, "R.") }]);
    await expect(readCheckpoint(await file(bare))).rejects.toThrow("data.pkl holds no dictionary");
    expect(existsSync(mark)).toBe(false);
  });

  it("answers any damage with a CheckpointError", async () => {
    const whole = checkpoint({ weights: { a: { shape: [2] }, b: { shape: [1], key: "0" } } });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), async (changes) => {
        const damaged = whole.slice();
        // The checksum would catch most damage before the pickle is read.
        for (const [at, value] of changes) damaged[at % damaged.length] = value;
        const directory = new DataView(damaged.buffer).getUint32(whole.length - 6, true);
        if (directory + 20 <= damaged.length) damaged.fill(0, directory + 16, directory + 20);
        await readContents(bytesSource(damaged)).catch((error) => expect(error).toBeInstanceOf(CheckpointError));
      }),
      { numRuns: 500 },
    );
  });
});

describe("readWeights()", () => {
  it("converts every number format with a fraction to float32", async () => {
    const halves = Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7bff);
    const values = { shape: [4], length: 4 };
    expect(
      await weightsOf({
        weights: {
          float: { ...values, bytes: floats(1, -2.5, 3, 4) },
          half: { ...values, storage: "HalfStorage", bytes: bytesOf(halves) },
          bfloat: { ...values, storage: "BFloat16Storage", bytes: bytesOf(Uint16Array.of(0x3f80, 0xc020, 0x4040, 0)) },
          double: { ...values, storage: "DoubleStorage", bytes: bytesOf(Float64Array.of(0.1, 1, 2, 3)) },
        },
      }),
    ).toEqual({
      float: [1, -2.5, 3, 4],
      half: [1, -2.5, 2 ** -24, 65504],
      bfloat: [1, -2.5, 3, 0],
      double: [Math.fround(0.1), 1, 2, 3],
    });
  });

  it("follows offsets, strides and shared storages", async () => {
    const shared = { key: "0", bytes: floats(0, 1, 2, 3, 4, 5), length: 6 };
    expect(
      await weightsOf({
        weights: {
          whole: { ...shared, shape: [2, 3] },
          transposed: { ...shared, shape: [3, 2], strides: [1, 3] },
          tail: { ...shared, shape: [2], offset: 4 },
          column: { ...shared, shape: [2, 1], strides: [3, 1], offset: 1 },
        },
      }),
    ).toEqual({ whole: [0, 1, 2, 3, 4, 5], transposed: [0, 3, 1, 4, 2, 5], tail: [4, 5], column: [1, 4] });
  });

  it.each([
    [
      "reaches out of its storage",
      { shape: [3], length: 2, bytes: floats(1, 2) },
      "reaches element 2 of storage 0, which has 2",
    ],
    [
      "reaches out by its strides",
      { shape: [2, 1], strides: [9, 1], length: 4, bytes: floats(1, 2, 3, 4) },
      "reaches element 9 of",
    ],
    [
      "repeats its elements",
      { shape: [1e6, 1e6], strides: [0, 0], length: 1, bytes: floats(1) },
      "of storage 0, which has 1",
    ],
    [
      "has too few bytes",
      { shape: [4], bytes: floats(1) },
      "its storage data/0 has 4 bytes, not 4 elements of FloatStorage",
    ],
    ["holds integers", { shape: [1], storage: "LongStorage", bytes: new Uint8Array(8) }, "holds LongStorage"],
  ])("refuses a weight that %s", async (_, tensor, message) => {
    await expect(weightsOf({ weights: { "a.weight": tensor } })).rejects.toThrow(message);
    await expect(weightsOf({ weights: { "a.weight": tensor } })).rejects.toThrow('Cannot read weight "a.weight" of ');
  });

  it("names a weight that is missing", async () => {
    await expect(weightsOf({ weights: {} }, ["a"])).rejects.toThrow(/Cannot read weight "a" of .*: missing/);
  });
});
