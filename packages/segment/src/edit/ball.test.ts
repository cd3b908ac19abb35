import { bitBytes, packBits, type Vec3 } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { generator } from "../../test/small-scene.ts";
import { ballOf, nearBall } from "./ball.ts";
import { squaredDistances } from "./distance.ts";
import { grow } from "./grow.ts";
import { finishWork } from "./work.ts";

const edge = fc.integer({ min: 1, max: 12 });
const scene = fc.record({
  size: fc.tuple(fc.integer({ min: 1, max: 100 }), edge, edge),
  spacing: fc.constantFrom<Vec3[]>([1, 1, 1], [0.7, 0.9, 2.5], [0.1, 1.3, 0.4]),
  mm: fc.constantFrom(0, 0.7, 1, 1.8, 2.6, 5, 11),
  seed: fc.nat(),
  density: fc.constantFrom(0.002, 0.05, 0.9),
  value: fc.constantFrom(0 as const, 1 as const),
});

test("what a ball reaches is what lies within its radius by distances, to either value", () => {
  fc.assert(
    fc.property(scene, ({ size, spacing, mm, seed, density, value }) => {
      const random = generator(seed);
      const voxels = size[0] * size[1] * size[2];
      const mask = { bits: packBits(Uint8Array.from({ length: voxels }, () => (random() < density ? 1 : 0))), size };
      const most = mm * mm * (1 + 1e-6);
      const distances = finishWork(squaredDistances(mask, spacing, value));
      const within = packBits(Uint8Array.from(distances, (squared) => (squared <= most ? 1 : 0)));
      expect(finishWork(nearBall(mask, ballOf(spacing, most), value))).toEqual(within);
    }),
    { numRuns: 300 },
  );
});

test("a voxel at the end of a row reaches as far as any", () => {
  for (const ni of [31, 32, 33, 85]) {
    for (let reach = 0; reach <= ni; reach++) {
      for (const at of [0, 1, ni - 2, ni - 1]) {
        const mask = {
          bits: packBits(Uint8Array.from({ length: ni }, (_, i) => (i === at ? 1 : 0))),
          size: [ni, 1, 1] as const,
        };
        const row = packBits(Uint8Array.from({ length: ni }, (_, i) => (Math.abs(i - at) <= reach ? 1 : 0)));
        expect(finishWork(nearBall(mask, ballOf([1, 1000, 1000], reach * reach), 1))).toEqual(row);
      }
    }
  }
});

test("a mask grows by distances where a ball has thousands of rows", () => {
  const size: Vec3 = [9, 8, 7];
  const bits = new Uint8Array(bitBytes(9 * 8 * 7));
  bits[20] = 16;
  const spacing: Vec3 = [1, 0.05, 0.05];
  expect(ballOf(spacing, 4).rows.length).toBeGreaterThan(4000);
  const ball = finishWork(nearBall({ bits, size }, ballOf(spacing, 4), 1));
  expect(finishWork(grow({ bits, size }, spacing, 2))).toEqual(ball);
});
