import { prepareImage, SegmentError } from "@septum/segment";
import type { Affine, Vec3, VoxelArray } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prepareQuickly } from "./normalisation.ts";

const size: Vec3 = [5, 4, 6];
const affine: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

describe("prepareQuickly()", () => {
  it("gives what prepareImage() gives, errors included", () => {
    const length = size[0] * size[1] * size[2];
    const sparse = (values: fc.Arbitrary<number>) =>
      fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: values }), {
        minLength: length,
        maxLength: length,
      });
    const voxels: fc.Arbitrary<VoxelArray> = fc.oneof(
      sparse(fc.integer({ min: -1024, max: 3071 })).map((values) => Int16Array.from(values)),
      fc
        .array(fc.integer({ min: 65000, max: 65535 }), { minLength: length, maxLength: length })
        .map((values) => Uint16Array.from(values)),
      sparse(fc.float({ noNaN: true, min: -1e6, max: 1e6 })).map((values) => Float32Array.from(values)),
      sparse(fc.constantFrom(5, Number.NaN)).map((values) => Float32Array.from(values)),
    );
    const scalings = fc.constantFrom({ slope: 1, intercept: 0 }, { slope: 0.25, intercept: -1024 });
    fc.assert(
      fc.property(voxels, scalings, (data, scaling) => {
        const volume = { data, size, affine, scaling };
        const outcome = (prepare: typeof prepareImage) => {
          try {
            const { mean, std, box } = prepare(volume);
            return { mean, std, box };
          } catch (error) {
            if (!(error instanceof SegmentError)) throw error;
            return { tag: error.tag, message: error.message };
          }
        };
        expect(outcome(prepareQuickly)).toEqual(outcome(prepareImage));
      }),
    );
  });
});
