import { type Box, packBits, type Vec3, wholeBox } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeLabels } from "./label-map.ts";

const size: Vec3 = [37, 3, 2];
const voxels = 37 * 3 * 2;

describe("mergeLabels()", () => {
  it("gives a voxel wanted by several objects to the first of them, whatever its label", () => {
    const all = packBits(new Uint8Array(voxels).fill(1));
    const few = packBits(Uint8Array.from({ length: voxels }, (_, n) => (n < 5 ? 1 : 0)));
    for (const label of [2, 9]) {
      const merged = mergeLabels(
        [
          { label, bits: few },
          { label: 7, bits: all },
        ],
        size,
        wholeBox(size),
      );
      expect(merged).toEqual(Uint8Array.from({ length: voxels }, (_, n) => (n < 5 ? label : 7)));
    }
  });

  it("takes two bytes per voxel from label 256 on", () => {
    const bits = packBits(new Uint8Array(voxels).fill(1));
    expect(mergeLabels([{ label: 255, bits }], size, wholeBox(size))).toBeInstanceOf(Uint8Array);
    expect(mergeLabels([{ label: 256, bits }], size, wholeBox(size))).toEqual(new Uint16Array(voxels).fill(256));
  });

  it("is background where nothing is, and everywhere without objects", () => {
    expect(mergeLabels([], size, wholeBox(size))).toEqual(new Uint8Array(voxels));
  });

  it("equals a voxel-by-voxel merge on any box", () => {
    const extent = (length: number) =>
      fc.tuple(fc.nat(length), fc.nat(length)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    const boxes: fc.Arbitrary<Box> = fc.tuple(extent(size[0]), extent(size[1]), extent(size[2]));
    const mask = fc.uint8Array({ minLength: voxels, maxLength: voxels, max: 1 });
    fc.assert(
      fc.property(boxes, fc.dictionary(fc.constantFrom("1", "4", "9"), mask), (box, masks) => {
        const labels = Object.keys(masks).map(Number);
        const merged = mergeLabels(
          labels.map((label) => ({ label, bits: packBits(masks[label]) })),
          size,
          box,
        );
        const expected: number[] = [];
        for (let k = box[2][0]; k < box[2][1]; k++) {
          for (let j = box[1][0]; j < box[1][1]; j++) {
            for (let i = box[0][0]; i < box[0][1]; i++) {
              const at = i + size[0] * (j + size[1] * k);
              expected.push(labels.find((label) => masks[label][at]) ?? 0);
            }
          }
        }
        expect([...merged]).toEqual(expected);
      }),
    );
  });
});
