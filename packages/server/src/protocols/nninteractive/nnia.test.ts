import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { BadArrayError } from "./bad-array.ts";
import { type ByteSource, prepareCodecs } from "./blosc2/decode.ts";
import { type ArrayDtype, type ArrayFacts, arrayDtypes, readArrayHeader, readElements, writeArray } from "./nnia.ts";

const fixtures = new URL("../../../../../fixtures/nnia/", import.meta.url);

beforeAll(prepareCodecs);

function inMemory(bytes: Uint8Array): ByteSource {
  return { length: bytes.length, read: (at, length) => bytes.subarray(at, at + length) };
}

function decode(file: Uint8Array): { facts: ArrayFacts; elements: Buffer } {
  const facts = readArrayHeader(inMemory(file));
  const pieces: Buffer[] = [];
  readElements(inMemory(file), facts, (piece) => pieces.push(Buffer.from(piece)));
  return { facts, elements: Buffer.concat(pieces) };
}

/** Spec §1.11, by the official packer. */
const vectors = {
  A: "4e4e49410101030575696e743801000000000000000100000000000000030000000000000001000000030000000000000023000000000000000501070103000000030000002300000000000000000005000000000000000000010001",
  B: "4e4e49410101030575696e74380100000000000000010000000000000028000000000000000100000028000000000000002900000000000000050195012800000028000000290000000000000000000500000000000000000024000000ffffffff01",
  C: "4e4e49410101030575696e743802000000000000000400000000000000080000000000000001000000400000000000000020000000000000000501950140000000400000002000000000000000000005000000000000000010",
  D: "4e4e494101010405696e74313601000000000000000200000000000000040000000000000008000000000000000100000080000000000000006c000000000000000501850280000000800000006c000000010000000000050000000000000000002400000040000000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f00000000",
  E: "4e4e49410101030575696e743801000000000000000800000000000000100000000000000001000000800000000000000048000000000000000501950180000000800000004800000000000000000005000000000000000000240000002000000028b52ffd2080bd000048000100010001000100096001d0e388738e736e2ec814",
  F:
    "4e4e494101010405696e7431360100000000000000020000000000000004000000000000000800000000000000010000008000000000000000700000000000000005018502800000008000000070000000010000000000050000000000000000002400000031000000" +
    "28b52ffd20404501001402000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1fff010069c0131300000028b52ffd20405500001000ff0200a0111a7705",
} as const;
type Vector = keyof typeof vectors;
const vector = (name: Vector) => Buffer.from(vectors[name], "hex");

const ball = Array.from({ length: 128 }, (_, n) => {
  const [row, column] = [n >> 4, n & 15];
  return row >= 2 && row < 6 && column >= 4 && column < 12 ? 1 : 0;
});
const int16 = (values: readonly number[]) => [...new Uint8Array(Int16Array.from(values).buffer)];
const expected: Record<Vector, { dtype: ArrayDtype; shape: number[]; elements: number[] }> = {
  A: { dtype: "uint8", shape: [1, 1, 3], elements: [1, 0, 1] },
  B: { dtype: "uint8", shape: [1, 1, 40], elements: Array(40).fill(1) },
  C: { dtype: "uint8", shape: [2, 4, 8], elements: Array(64).fill(0) },
  D: { dtype: "int16", shape: [1, 2, 4, 8], elements: int16(Array.from({ length: 64 }, (_, n) => n)) },
  E: { dtype: "uint8", shape: [1, 8, 16], elements: ball },
  F: {
    dtype: "int16",
    shape: [1, 2, 4, 8],
    elements: int16([...Array.from({ length: 32 }, (_, n) => n), ...Array(32).fill(-1)]),
  },
};

describe("an NNIA array", () => {
  it.each(Object.keys(vectors) as Vector[])("of the specification is read to the byte: %s", (name) => {
    const { facts, elements } = decode(vector(name));
    expect({ dtype: facts.dtype, shape: facts.shape, elements: [...elements] }).toEqual(expected[name]);
  });

  const arrays: { name: string; dtype: string; shape: number[]; sha256: string }[] = JSON.parse(
    readFileSync(new URL("arrays.json", fixtures), "utf8"),
  );
  it.each(arrays)("of the official packer, or of c-blosc2 otherwise, is read to the byte: $name", (array) => {
    const { facts, elements } = decode(readFileSync(new URL(`${array.name}.nnia`, fixtures)));
    expect([facts.dtype, facts.shape]).toEqual([array.dtype, array.shape]);
    expect(createHash("sha256").update(elements).digest("hex")).toBe(array.sha256);
  });

  it.each([0, 1, 31, 32, 33, 131071, 131072, 131073, 400_000])(
    "that we wrote of %i bytes is read back, whatever is in it",
    (length) => {
      const fills = {
        zeros: new Uint8Array(length),
        ones: new Uint8Array(length).fill(1),
        steps: Uint8Array.from({ length }, (_, n) => (n >> 12) & 1),
        noise: Uint8Array.from({ length }, (_, n) => (Math.imul(n, 2654435761) >>> 13) & 255),
      };
      for (const bytes of Object.values(fills)) {
        const file = writeArray("uint8", [length], bytes);
        expect(decode(file).elements.equals(bytes)).toBe(true);
        expect(file.length).toBeLessThanOrEqual(length + 100);
      }
    },
  );

  it("that we wrote is read back, of every dtype and number of axes", () => {
    const array = fc
      .record({
        dtype: fc.constantFrom(...(Object.keys(arrayDtypes) as ArrayDtype[])),
        shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
      })
      .chain(({ dtype, shape }) => {
        const length = shape.reduce((product, side) => product * side, arrayDtypes[dtype]);
        return fc.tuple(
          fc.constant(dtype),
          fc.constant(shape),
          fc.uint8Array({ minLength: length, maxLength: length }),
        );
      });
    fc.assert(
      fc.property(array, ([dtype, shape, bytes]) => {
        const { facts, elements } = decode(writeArray(dtype, shape, bytes));
        expect([facts.dtype, facts.shape]).toEqual([dtype, shape]);
        expect(elements.equals(bytes)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("that we wrote of an empty or a full box takes a few bytes only", () => {
    expect(writeArray("uint8", [90, 90, 90], new Uint8Array(729_000)).length).toBe(89);
    expect(writeArray("uint8", [90, 90, 90], new Uint8Array(729_000).fill(1)).length).toBe(90);
  });
});

describe("a damaged NNIA array", () => {
  const files = [
    ...(Object.keys(vectors) as Vector[]).map(vector),
    ...["codec-lz4-shuffle", "codec-zlib-shuffle", "filter-delta-int16", "two-chunks", "repeated"].map((name) =>
      readFileSync(new URL(`${name}.nnia`, fixtures)),
    ),
  ];

  /** Decodes or refuses, and never gives more than was announced. */
  function survive(file: Uint8Array): void {
    try {
      const facts = readArrayHeader(inMemory(file));
      if (facts.bytes > 2 ** 22) return;
      let given = 0;
      readElements(inMemory(file), facts, (piece) => {
        given += piece.length;
      });
      expect(given).toBe(facts.bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(BadArrayError);
    }
  }

  it("is refused wherever it is cut off", () => {
    for (const file of files) {
      for (let length = 0; length < file.length; length += 1 + (length >> 7)) {
        expect(() => decode(file.subarray(0, length))).toThrow(BadArrayError);
      }
    }
  });

  it("is decoded or refused whatever bit of its first bytes is turned", () => {
    for (const file of files) {
      for (let at = 0; at < Math.min(file.length, 140); at++) {
        for (let bit = 0; bit < 8; bit++) {
          const turned = Uint8Array.from(file);
          turned[at] ^= 1 << bit;
          survive(turned);
        }
      }
    }
  });

  it("is decoded or refused whatever is in it", () => {
    const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...files), damage, (file, changes) => {
        const changed = Uint8Array.from(file);
        for (const [at, value] of changes) changed[at % changed.length] = value;
        survive(changed);
      }),
      { numRuns: 1500 },
    );
  });

  it.each([
    ["magic", 0, 0x4d, "The body is no NNIA array"],
    ["version", 4, 2, "The NNIA array is of version 2; version 1 can be read"],
    ["codec tag", 5, 3, "The NNIA array names codec 3, which is not known"],
    ["dtype", 8, 0x77, 'The NNIA array is of an unknown dtype: "wint8"'],
  ])("is told apart by its %s", (_, at, value, message) => {
    const file = vector("E");
    file[at] = value;
    expect(() => decode(file)).toThrow(message);
  });

  it("is refused before it takes memory when it says it is huge", () => {
    const file = vector("C");
    file.writeBigInt64LE(2n ** 50n, 13);
    expect(() => decode(file)).toThrow("The NNIA array has the shape");
    const chunk = vector("C");
    chunk.writeBigUint64LE(2n ** 40n, 13 + 24 + 4);
    expect(() => decode(chunk)).toThrow("The NNIA array has more than its 64 bytes");
  });
});
