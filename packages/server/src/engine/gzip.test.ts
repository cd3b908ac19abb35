import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { gzip } from "./gzip.ts";

describe("gzip()", () => {
  it("packs parts one after the other, also from shared memory and larger than a piece", async () => {
    const large = new Uint8Array(new SharedArrayBuffer(3 * 2 ** 20 + 5)).map((_, n) => n % 251);
    const packed = await gzip([Uint8Array.of(1, 2, 3), large.subarray(1), new Uint8Array(0)], 1);
    const expected = Buffer.concat([Uint8Array.of(1, 2, 3), large.subarray(1)]);
    expect(gunzipSync(packed).equals(expected)).toBe(true);
    expect(packed.length).toBe(packed.buffer.byteLength);
  });
});
