import { type Box, unpackBits, type Vec3, type Volume } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { smallSettings, smallVolume, sparseMask } from "../test/small-scene.ts";
import { swapAxes } from "./engine-space.ts";
import { createSegmenter, finish, type ModelSettings, type Prompt, prepareImage } from "./index.ts";
import { stubModel } from "./testing.ts";

const size: Vec3 = [19, 23, 17];
const inside = fc.tuple(fc.nat(size[0] - 1), fc.nat(size[1] - 1), fc.nat(size[2] - 1));
const signedPoint = fc.record({ kind: fc.constant("point" as const), voxel: inside, positive: fc.boolean() });
const orders: Vec3[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/**
 * The stub network looks at one voxel at a time, so it does not care how the axes lie. What is tested here are the
 * cases in which the rest of the algorithm must not care either:
 *
 * - Unzoomed views only. Trilinear blends round in a fixed order of the axes, and the cover prefers earlier axes.
 * - Flips only for points, and with odd patch edges. An even patch has one voxel more on the low side; the centre of a
 *   box or drawing is half-open arithmetic rounded to even (`[10, 11)` → 10, `[11, 12)` → 12), which no flip keeps.
 */
test("masks of points commute with flipping the axes", async () => {
  const flips = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());
  const settings: ModelSettings = { ...smallSettings, patchSize: [13, 15, 11] };
  await fc.assert(
    fc.asyncProperty(
      fc.nat(50),
      fc.array(signedPoint, { minLength: 1, maxLength: 4 }),
      flips,
      async (seed, list, flip) => {
        const volume = smallVolume(seed, size);
        const mirror = (voxel: Vec3): Vec3 => map3((axis) => (flip[axis] ? size[axis] - 1 - voxel[axis] : voxel[axis]));
        const mask = await segment(volume, settings, list);
        const flipped = await segment(
          { ...volume, data: moved(volume.data, size, size, mirror) },
          settings,
          list.map((point) => ({ ...point, voxel: mirror(point.voxel) })),
        );
        expect(flipped).toEqual(moved(mask, size, size, mirror));
        expect(mask.some((voxel) => voxel === 1) || list.every((point) => !point.positive)).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});

test("masks of any unzoomed prompt commute with permuting the axes", async () => {
  // Up to a third of the patch from its size a drawing keeps zoom 1.
  const small = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.nat(2))
    .map(([a, b, flat]) => {
      const extents = flat === 0 ? [1, a, b] : flat === 1 ? [a, 1, b] : [a, b, 1];
      return extents;
    });
  const box = fc.tuple(inside, small).map(([at, extents]) => {
    const ranges = extents.map((extent, axis) => {
      const lo = Math.min(at[axis], size[axis] - extent);
      return [lo, lo + extent] as const;
    });
    return ranges as unknown as Box;
  });
  const sign = fc.boolean();
  const prompt = fc.oneof(
    signedPoint,
    fc.record({ kind: fc.constant("box" as const), box, positive: sign }),
    fc.tuple(box, fc.integer(), sign).map(([drawn, seed, positive]) => ({
      kind: "scribble" as const,
      box: drawn,
      mask: sparseMask(drawn, seed, 0.5),
      positive,
    })),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat(50),
      fc.array(prompt, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(...orders),
      async (seed, list, order) => {
        const volume = smallVolume(seed, size);
        const permute = (voxel: Vec3): Vec3 => map3((axis) => voxel[order[axis]]);
        const permutedSize = permute(size);
        const patch = permute(swapAxes(smallSettings.patchSize));
        const mask = await segment(volume, smallSettings, list);
        const permuted = await segment(
          { ...volume, size: permutedSize, data: moved(volume.data, size, permutedSize, permute) },
          { ...smallSettings, patchSize: swapAxes(patch) },
          list.map((given): Prompt => {
            if (given.kind === "point") return { ...given, voxel: permute(given.voxel) };
            const ranges = order.map((axis) => given.box[axis]) as unknown as Box;
            if (given.kind === "box") return { ...given, box: ranges };
            const extent = (axis: number) => given.box[axis][1] - given.box[axis][0];
            const drawn = map3(extent);
            return { ...given, box: ranges, mask: moved(given.mask, drawn, permute(drawn), permute) };
          }),
        );
        expect(permuted).toEqual(moved(mask, size, permutedSize, permute));
      },
    ),
    { numRuns: 40 },
  );
});

async function segment(volume: Volume, settings: ModelSettings, list: readonly Prompt[]): Promise<Uint8Array> {
  const segmenter = createSegmenter({ image: prepareImage(volume), model: stubModel(settings) });
  for (const prompt of list) {
    const { zooms } = await finish(segmenter.apply(prompt, { autozoom: false }));
    expect(zooms).toEqual([1]);
  }
  return unpackBits(segmenter.mask, volume.data.length);
}

/** Voxels carried to where `place` puts them; both arrays `i` fastest. */
function moved<T extends Int16Array | Uint8Array>(data: T, from: Vec3, to: Vec3, place: (voxel: Vec3) => Vec3): T {
  const out = data.slice() as T;
  for (let k = 0, at = 0; k < from[2]; k++) {
    for (let j = 0; j < from[1]; j++) {
      for (let i = 0; i < from[0]; i++, at++) {
        const [x, y, z] = place([i, j, k]);
        out[x + to[0] * (y + to[1] * z)] = data[at];
      }
    }
  }
  return out;
}

function map3(value: (axis: number) => number): Vec3 {
  return [value(0), value(1), value(2)];
}
