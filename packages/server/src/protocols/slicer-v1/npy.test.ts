import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type NpyType, readNpy, swapToLittleEndian } from "./npy.ts";

/** As `numpy.save` writes it, in pieces of `step` bytes. */
async function* npy(
  descr: string,
  data: Uint8Array,
  { order = "False", version = 1, step = 5, shape = "(2, 3, 4)" } = {},
) {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const lengthBytes = version === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  const header = `${text.padEnd(Math.ceil((start + text.length + 1) / 64) * 64 - start - 1)}\n`;
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntLE(header.length, 0, lengthBytes);
  const file = Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from(`NUMPY`),
    Buffer.from([version, 0]),
    length,
    Buffer.from(header),
    data,
  ]);
  for (let at = 0; at < file.length; at += step) yield file.subarray(at, at + step);
}

async function read(source: AsyncIterable<Uint8Array>) {
  const { header, data } = await readNpy(source);
  const chunks: Uint8Array[] = [];
  for await (const chunk of data) chunks.push(chunk);
  return { header, bytes: Buffer.concat(chunks) };
}

describe("readNpy()", () => {
  const data = Uint8Array.from({ length: 96 }, (_, n) => n);

  test.each([
    ["<i2", "i2", true],
    ["|b1", "b1", true],
    ["|u1", "u1", true],
    ["<f4", "f4", true],
    ["<f8", "f8", true],
    [">f4", "f4", false],
    ["<f2", "f2", true],
  ] as [string, NpyType, boolean][])("reads %s in any pieces", async (descr, type, littleEndian) => {
    for (const step of [1, 7, 1000]) {
      const { header, bytes } = await read(npy(descr, data, { step }));
      expect(header).toEqual({ type, littleEndian, fortranOrder: false, shape: [2, 3, 4] });
      expect(bytes.equals(data)).toBe(true);
    }
  });

  test.each([1, 2, 3])("reads version %i and Fortran's order", async (version) => {
    const { header, bytes } = await read(npy("<i2", data, { version, order: "True" }));
    expect(header).toEqual({ type: "i2", littleEndian: true, fortranOrder: true, shape: [2, 3, 4] });
    expect(bytes.equals(data)).toBe(true);
  });

  test("reads shapes of one axis and of none", async () => {
    expect((await read(npy("|u1", data, { shape: "(96,)" }))).header.shape).toEqual([96]);
    expect((await read(npy("|u1", data, { shape: "()" }))).header.shape).toEqual([]);
  });

  test("reads what NumPy itself wrote: np.save of np.arange(6, dtype='<i2').reshape(1, 2, 3)", async () => {
    const file = Buffer.from(
      "934e554d5059010076007b276465736372273a20273c6932272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028312c20322c2033292c207d202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200a000001000200030004000500",
      "hex",
    );
    const { header, bytes } = await read(pieces(file.toString("latin1")));
    expect(header.shape).toEqual([1, 2, 3]);
    expect([...new Int16Array(Uint8Array.from(bytes).buffer)]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test.each([
    [npy("|S4", data), `its elements are "|S4", and b1, u1, i1,`],
    [npy("<i2", data, { version: 4 }), "its version is 4, and 1, 2 and 3 are known"],
    [npy("<i2", data, { shape: "(2, 3, -4)" }), "its header is "],
    [npy("<i2", data, { shape: "(20 3, 4)" }), "its shape is (20 3, 4)"],
    [npy("<i2", data, { shape: "(2, 3, 90071992547409920)" }), "its shape is (2, 3, 90071992547409920)"],
    [npy("<i2", data, { version: 2, step: 11, order: "Maybe" }), "its header is "],
    [pieces("\x89PNG\r\n\x1a\n the rest of it"), "it does not start as one"],
    [pieces("\x93NUMPY\x01\x00\xff"), "it ends after 9 bytes"],
    [pieces("\x93NUMPY\x01\x00\x76\x00{'descr'"), "it ends after 18 bytes"],
    [pieces("\x93NUMPY\x02\x00\xff\xff\xff\x7f"), "its header has 2147483647 bytes"],
  ])("refuses a damaged file and says why (%#)", async (source, why) => {
    await expect(readNpy(source)).rejects.toThrow(`The .npy file cannot be read: ${why}`);
  });
});

test("readNpy() reads or refuses a file with any of its first bytes changed or missing", async () => {
  const whole: Uint8Array[] = [];
  for await (const piece of npy("<i2", new Uint8Array(96))) whole.push(piece);
  const file = Buffer.concat(whole);
  const change = fc.record({ at: fc.nat(100), value: fc.nat(255), length: fc.integer({ min: 0, max: file.length }) });
  await fc.assert(
    fc.asyncProperty(change, async ({ at, value, length }) => {
      const changed = Buffer.from(file.subarray(0, length));
      if (at < length) changed[at] = value;
      const source = pieces(changed.toString("latin1"));
      const outcome = await read(source).then(
        ({ header }) => header.shape.every(Number.isSafeInteger),
        (error: Error) => error.message.startsWith("The .npy file cannot be read: "),
      );
      expect(outcome).toBe(true);
    }),
    { numRuns: 500, examples: [[{ at: 65, value: 48, length: file.length }]] },
  );
});

test("swapToLittleEndian() turns every element round, in place, wherever it lies", () => {
  const whole = Uint8Array.from([9, 1, 2, 3, 4, 5, 6, 7, 8]);
  const bytes = whole.subarray(1);
  swapToLittleEndian(bytes, 2);
  expect([...whole]).toEqual([9, 2, 1, 4, 3, 6, 5, 8, 7]);
  swapToLittleEndian(bytes, 1);
  swapToLittleEndian(bytes, 8);
  expect([...bytes]).toEqual([7, 8, 5, 6, 3, 4, 1, 2]);
  swapToLittleEndian(bytes, 4);
  expect([...bytes]).toEqual([6, 5, 8, 7, 2, 1, 4, 3]);
});

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, "latin1");
}
