import type { Box, Vec3, Volume } from "@septum/volume";
import fc from "fast-check";
import type { Prompt } from "../src/index.ts";
import { stubSettings } from "../src/testing.ts";

/** Small enough for hundreds of predictions, with edges that all differ. Sizes are `[i, j, k]`. */
export const smallSettings = stubSettings({
  patchSize: [14, 18, 16],
  coverMargin: 3,
  borderChange: { absolute: 40, minimum: 4, relative: 0.2 },
});

export const smallSize: Vec3 = [33, 29, 37];

/** Bright blobs on noise, from a seed. */
export function smallVolume(seed: number, size: Vec3 = smallSize): Volume<Int16Array> {
  const random = generator(seed);
  const blobs = Array.from({ length: 3 }, () => ({
    centre: size.map((length) => random() * length),
    radius: 3 + random() * 9,
    value: 60 + random() * 120,
  }));
  const data = new Int16Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, at++) {
        data[at] = Math.round(random() * 40 - 10);
        for (const { centre, radius, value } of blobs) {
          const distance = Math.hypot(i - centre[0], j - centre[1], k - centre[2]);
          if (distance < radius) data[at] += value;
        }
      }
    }
  }
  return {
    data,
    size,
    affine: [0.9, 0.1, 0, -4, -0.1, 1.1, 0, 7, 0, 0, 2.5, 3, 0, 0, 0, 1],
    scaling: { slope: 1, intercept: 0 },
  };
}

/** A stream of numbers in [0, 1). */
export function generator(seed: number): () => number {
  let state = (seed | 0) + 0x6d2b79f5;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Any prompt that is valid in a volume of `size`. */
export function prompts(size: Vec3): fc.Arbitrary<Exclude<Prompt, { kind: "initial" }>> {
  const positive = fc.boolean();
  const inside = (axis: number) => fc.double({ min: -0.4, max: size[axis] - 0.6, noNaN: true });
  const voxel = fc.tuple(inside(0), inside(1), inside(2));
  const range = (length: number) =>
    fc.tuple(fc.integer({ min: 0, max: length - 1 }), fc.integer({ min: 1, max: length })).map(([from, long]) => {
      const hi = Math.min(length, from + long);
      return [from, hi] as const;
    });
  const flatBox = fc
    .tuple(range(size[0]), range(size[1]), range(size[2]), fc.integer({ min: 0, max: 2 }))
    .map(
      ([i, j, k, flat]) =>
        [i, j, k].map(([lo, hi], axis) => (axis === flat ? [lo, lo + 1] : [lo, hi])) as unknown as Box,
    );
  const drawing = fc
    .tuple(flatBox, fc.integer(), fc.double({ min: 0.05, max: 1, noNaN: true }))
    .map(([box, seed, density]) => ({ box, mask: sparseMask(box, seed, density) }));
  return fc.oneof(
    fc.record({ kind: fc.constant("point" as const), voxel, positive }),
    fc.record({ kind: fc.constant("box" as const), box: flatBox, positive }),
    fc.tuple(drawing, positive).map(([drawn, sign]) => ({ kind: "scribble" as const, positive: sign, ...drawn })),
    fc.tuple(drawing, positive).map(([drawn, sign]) => ({ kind: "lasso" as const, positive: sign, ...drawn })),
  );
}

/** Set voxels here and there, at least one. */
export function sparseMask(box: Box, seed: number, density: number): Uint8Array {
  const random = generator(seed);
  const voxels = box.reduce((product, [lo, hi]) => product * (hi - lo), 1);
  const mask = Uint8Array.from({ length: voxels }, () => (random() < density ? 1 : 0));
  mask[Math.floor(random() * voxels)] = 1;
  return mask;
}
