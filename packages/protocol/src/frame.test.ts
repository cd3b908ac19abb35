import { type Box, packBits } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFrame, encodeFrame, type Frame, FrameError } from "./frame.ts";

const box: Box = [
  [1, 4],
  [0, 2],
  [5, 7],
];
const labels: Frame = { kind: "labels", box, data: Uint8Array.from([0, 1, 2, 0, 0, 3, 0, 0, 0, 9, 9, 255]) };

const range = (edge: number) => fc.tuple(fc.nat(9), fc.nat(edge)).map(([lo, length]) => [lo, lo + length] as const);
const frames: fc.Arbitrary<Frame> = fc
  .tuple(range(5), range(4), range(3), fc.constantFrom("mask", "uint8", "uint16"))
  .chain(([i, j, k, type]) => {
    const voxels = (i[1] - i[0]) * (j[1] - j[0]) * (k[1] - k[0]);
    const values = (max: number) => fc.array(fc.nat(max), { minLength: voxels, maxLength: voxels });
    const frame = (data: Uint8Array | Uint16Array, kind: "mask" | "labels") =>
      ({ kind, box: [i, j, k], data }) as Frame;
    if (type === "mask") return values(1).map((mask) => frame(packBits(mask), "mask"));
    if (type === "uint8") return values(255).map((map) => frame(Uint8Array.from(map), "labels"));
    return values(65535).map((map) => frame(Uint16Array.from(map), "labels"));
  });

describe("encodeFrame()", () => {
  test("writes the header its table describes", async () => {
    const bytes = await encodeFrame(labels);
    const expected = "5350544d 01 01 01 00 01000000 04000000 00000000 02000000 05000000 07000000";
    expect(Buffer.from(bytes.subarray(0, 32)).toString("hex")).toBe(expected.replaceAll(" ", ""));
  });

  test("refuses data that is not as long as its box", async () => {
    await expect(encodeFrame({ kind: "mask", box, data: new Uint8Array(3) })).rejects.toThrow(
      "Cannot encode mask frame: 3 bytes given, its box has 2",
    );
  });

  test("encodes the voxels of a view, not of the buffer behind it", async () => {
    const whole = new Uint8Array(20).fill(7);
    whole.set(labels.data, 5);
    const bytes = await encodeFrame({ kind: "labels", box, data: whole.subarray(5, 17) });
    expect(await decodeFrame(bytes)).toEqual(labels);
  });
});

describe("decodeFrame()", () => {
  test("gives back every frame that was encoded", async () => {
    await fc.assert(
      fc.asyncProperty(frames, async (frame) => {
        expect(await decodeFrame(await encodeFrame(frame))).toEqual(frame);
      }),
      { numRuns: 150 },
    );
  });

  test("reads a frame that lies inside a larger buffer", async () => {
    const bytes = await encodeFrame(labels);
    const larger = new Uint8Array(bytes.length + 11);
    larger.set(bytes, 11);
    expect(await decodeFrame(larger.subarray(11))).toEqual(labels);
  });

  const damaged: [what: string, change: (bytes: Uint8Array) => Uint8Array, message: string][] = [
    ["nothing", () => new Uint8Array(), "Not a mask frame: 0 bytes, the header alone has 32"],
    ["another magic", (bytes) => bytes.with(0, 1), "it does not begin with SPTM"],
    ["a later version", (bytes) => bytes.with(4, 2), "version 2: this reader knows version 1"],
    ["labels as bits", (bytes) => bytes.with(6, 0), "kind 1 and dtype 0"],
    ["an unknown kind", (bytes) => bytes.with(5, 9), "kind 9 and dtype 1"],
    ["a reserved byte", (bytes) => bytes.with(7, 1), "reserved byte"],
    [
      "a box the wrong way round",
      (bytes) => bytes.with(8, 5),
      "a box that ends before it begins: [[5, 4], [0, 2], [5, 7]]",
    ],
    ["a larger box", (bytes) => bytes.with(12, 5), "Damaged mask frame: 12 bytes, its box needs 16"],
    ["a smaller box", (bytes) => bytes.with(12, 3), "Damaged mask frame: more than the 8 bytes its box needs"],
    ["a box beyond all memory", (bytes) => bytes.with(15, 255), "at most 2147483648 are taken"],
    ["a stream cut short", (bytes) => bytes.subarray(0, bytes.length - 4), "Damaged mask frame"],
  ];
  test.each(damaged)("refuses %s", async (_, change, message) => {
    const error = await decodeFrame(change(await encodeFrame(labels))).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FrameError);
    expect((error as FrameError).message).toContain(message);
  });

  test("refuses more voxels than the caller takes", async () => {
    await expect(decodeFrame(await encodeFrame(labels), { maxVoxels: 11 })).rejects.toThrow(
      "Mask frame of 12 voxels: at most 11 are taken",
    );
  });

  test("stops at the promised length when a stream inflates far beyond it", async () => {
    const edges = (last: number): Box => [
      [0, 1024],
      [0, 1024],
      [0, last],
    ];
    const bytes = await encodeFrame({ kind: "labels", box: edges(64), data: new Uint8Array(64 << 20) });
    new DataView(bytes.buffer).setUint32(28, 1, true);
    await expect(decodeFrame(bytes)).rejects.toThrow("more than the 1048576 bytes");
  });

  test("answers any bytes with a frame or a FrameError", async () => {
    const mutated = fc.tuple(frames, fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 }), fc.nat(90));
    await fc.assert(
      fc.asyncProperty(mutated, async ([frame, changes, length]) => {
        const bytes = await encodeFrame(frame);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const error = await decodeFrame(bytes.subarray(0, length), { maxVoxels: 1e6 }).catch(
          (thrown: unknown) => thrown,
        );
        if (error instanceof Error) expect(error).toBeInstanceOf(FrameError);
      }),
      { numRuns: 300 },
    );
  });
});
