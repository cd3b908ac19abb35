import fc from "fast-check";
import { expect, test } from "vitest";
import { inChunks, nodeGunzip } from "../testing/bytes.ts";
import { counting, gzip, niftiBytes } from "../testing/nifti.ts";
import { readNifti, VolumeError, writeNifti } from "./index.ts";

const maxBytes = 2 ** 16;

const small = niftiBytes(counting);
const { header, data } = writeNifti({ ...counting, data: new Uint8Array(32768), size: [32768, 1, 1] });
const version2 = Uint8Array.from([...header, ...data]);

/** Bytes that mean most, by position in the NIfTI-1 header, and anything anywhere. */
const position = fc.oneof(
  fc.integer({ min: 40, max: 55 }),
  fc.integer({ min: 70, max: 123 }),
  fc.integer({ min: 252, max: 351 }),
  fc.integer({ min: 0, max: 599 }),
);

const change = fc.record({ at: position, byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)) });

test("readNifti() answers a damaged file with a volume or a VolumeError, and never takes more than `maxBytes`", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(small, version2),
      fc.array(change, { minLength: 1, maxLength: 8 }),
      fc.option(fc.nat(1200)),
      fc.constantFrom("plain", "packed", "damaged after packing"),
      fc.option(fc.nat(3)),
      async (valid, changes, cutAt, packing, frame) => {
        const edit = (bytes: Uint8Array) => {
          for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
          return bytes.subarray(0, cutAt ?? bytes.length);
        };
        const bytes =
          packing === "plain"
            ? edit(valid.slice())
            : packing === "packed"
              ? gzip(edit(valid.slice()))
              : edit(gzip(valid).slice());
        let taken = 0;
        const allocate = (count: number) => {
          taken += count;
          return new ArrayBuffer(count);
        };
        const options = { gunzip: nodeGunzip, maxBytes, allocate, frame: frame ?? undefined };
        try {
          const { volume } = await readNifti(inChunks(bytes, 97), options);
          const [ni, nj, nk] = volume.size;
          expect(volume.data.length).toBe(ni * nj * nk);
          expect(volume.affine.every(Number.isFinite)).toBe(true);
        } catch (error) {
          if (!(error instanceof VolumeError)) throw error;
          expect(error.message).toMatch(/^[A-Z].+\.$/s);
        }
        expect(taken).toBeLessThanOrEqual(maxBytes);
      },
    ),
    { numRuns: 500, interruptAfterTimeLimit: 20_000 },
  );
});
