import { type Box, packBits, unpackBits, type Vec3, wholeBox } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generator, smallSettings, smallSize, smallVolume } from "../test/small-scene.ts";
import type { PromptState } from "./history.ts";
import { createSegmenter, finish, type Model, type Prompt, prepareImage } from "./index.ts";
import { collectBits, volumeRows } from "./mask-rows.ts";
import type { Shape } from "./prompt-log.ts";
import { correctionReach, withinReach } from "./reach.ts";

const size: Vec3 = [5, 7, 40];
const voxels = size[0] * size[1] * size[2];
const spacing: Vec3 = [2.5, 0.8, 0.6];

const distance = (n: number, [a0, b0, c0]: Vec3): number => {
  const [a, b, c] = [Math.floor(n / (size[1] * size[2])), Math.floor(n / size[2]) % size[1], n % size[2]];
  return Math.hypot((a - a0) * spacing[0], (b - b0) * spacing[1], (c - c0) * spacing[2]);
};

const speckled = (seed: number, share: number): Uint8Array => {
  const random = generator(seed);
  return Uint8Array.from({ length: voxels }, () => (random() < share ? 1 : 0));
};

const anywhere = fc.tuple(fc.nat(size[0] - 1), fc.nat(size[1] - 1), fc.nat(size[2] - 1));

/** A loaded mask, and a prompt on it. */
function corrected(shape: Shape, centre: Vec3): PromptState {
  const box = wholeBox(size);
  const start = { record: { kind: "initial", positive: true, box }, intensity: 1, initial: { box } } as const;
  const record = { kind: "points", positive: false, box } as const;
  return { prompts: { previous: start, record, shape, intensity: 1 }, queued: { centre, zoom: 1 } };
}

test("correctionReach() and withinReach() are what looking at every voxel gives", () => {
  const share = fc.constantFrom(0.002, 0.02, 0.5, 0.98);
  fc.assert(
    fc.property(
      fc.nat(99),
      share,
      anywhere,
      fc.double({ min: 1, max: 5, noNaN: true }),
      (seed, share, centre, factor) => {
        const mask = speckled(seed, share);
        const found = speckled(seed + 100, 0.5);
        const before = volumeRows(packBits(mask), size);
        const reach = correctionReach(
          corrected({ type: "ball", centre, radius: 4 }, centre),
          before,
          size,
          spacing,
          factor,
        );
        const own = mask[centre[2] + size[2] * (centre[1] + size[1] * centre[0])];
        const others = Array.from(mask.keys()).filter((n) => mask[n] !== own);
        if (others.length === 0) {
          expect(reach).toBeUndefined();
          return;
        }
        if (reach === undefined) throw new Error("the mask has an edge");
        const edge = Math.min(...others.map((n) => distance(n, centre)));
        expect(reach.mm).toBeCloseTo(factor * edge, 6);
        const rows = withinReach(volumeRows(packBits(found), size), before, reach, size);
        const bits = unpackBits(collectBits(rows, rows.box), voxels);
        let at = 0;
        const inside = new Uint8Array(voxels);
        const [as, bs, cs] = rows.box;
        for (let a = as[0]; a < as[1]; a++) {
          for (let b = bs[0]; b < bs[1]; b++) {
            for (let c = cs[0]; c < cs[1]; c++) {
              const n = c + size[2] * (b + size[1] * a);
              inside[n] = 1;
              expect(bits[at++]).toBe(distance(n, centre) <= reach.mm ? found[n] : mask[n]);
            }
          }
        }
        for (let n = 0; n < voxels; n++) if (!inside[n]) expect(distance(n, centre)).toBeGreaterThan(reach.mm);
      },
    ),
    { numRuns: 60 },
  );
});

test("correctionReach() goes by half the length of a drawing where that is more", () => {
  const mask = volumeRows(packBits(Uint8Array.from({ length: voxels }, (_, n) => (n % size[2] < 20 ? 1 : 0))), size);
  const box: Box = [
    [2, 3],
    [1, 6],
    [10, 30],
  ];
  const state = corrected({ type: "solid", box }, [2, 4, 20]);
  expect(correctionReach(state, mask, size, spacing, 2)?.mm).toBeCloseTo(2 * 6);
});

/** A network that finds nothing, whatever it is asked. */
const forgetful = (reach?: number): Model => ({
  settings: { ...smallSettings, reach },
  predict: async ({ size: [a, b, c] }) => new Uint8Array(a * b * c),
});

/** A cuboid with a bump on one side. `[i, j, k]`. */
const bumpy = (): Uint8Array => {
  const mask = new Uint8Array(smallSize[0] * smallSize[1] * smallSize[2]);
  for (let k = 10; k < 20; k++) {
    for (let j = 8; j < 20; j++) {
      for (let i = 8; i < 20; i++) mask[i + smallSize[0] * (j + smallSize[1] * k)] = 1;
    }
  }
  for (let i = 20; i < 23; i++) mask[i + smallSize[0] * (14 + smallSize[1] * 15)] = 1;
  return mask;
};

describe("a negative click into a bump", () => {
  const bump: Prompt = { kind: "point", voxel: [21, 14, 15], positive: false };
  const start: Prompt = { kind: "initial", mask: bumpy(), box: wholeBox(smallSize) };
  const left = 10 * 12 * 12;

  test("takes the bump and leaves the rest of a mask that was loaded", async () => {
    const segmenter = createSegmenter({ image: prepareImage(smallVolume(1)), model: forgetful(1.2) });
    await finish(segmenter.apply(start));
    await finish(segmenter.apply(bump));
    expect(segmenter.voxels).toBe(left);
    segmenter.undo();
    expect(segmenter.voxels).toBe(left + 3);
  });

  test("leaves the rest of a mask that was painted", async () => {
    const segmenter = createSegmenter({ image: prepareImage(smallVolume(1)), model: forgetful(1.2) });
    segmenter.edit(wholeBox(smallSize), packBits(bumpy()));
    await finish(segmenter.apply(bump));
    expect(segmenter.voxels).toBe(left);
  });

  test("asks the network for all of it where the model sets no limit", async () => {
    const segmenter = createSegmenter({ image: prepareImage(smallVolume(1)), model: forgetful() });
    await finish(segmenter.apply(start));
    await finish(segmenter.apply(bump));
    expect(segmenter.voxels).toBeLessThan(left / 2);
  });
});

test("prompts that have waited for each other are not limited", async () => {
  const segmenter = createSegmenter({ image: prepareImage(smallVolume(1)), model: forgetful(1.2) });
  await finish(segmenter.apply({ kind: "initial", mask: bumpy(), box: wholeBox(smallSize) }));
  await finish(segmenter.apply({ kind: "point", voxel: [10, 10, 12], positive: false }, { predict: false }));
  await finish(segmenter.apply({ kind: "point", voxel: [21, 14, 15], positive: false }));
  expect(segmenter.voxels).toBeLessThan(720);
});

test("clicks on an object that began with a click are not limited", async () => {
  let full = true;
  const model: Model = {
    settings: { ...smallSettings, reach: 2 },
    predict: async ({ size: [a, b, c] }) => new Uint8Array(a * b * c).fill(full ? 1 : 0),
  };
  const segmenter = createSegmenter({ image: prepareImage(smallVolume(1)), model });
  await finish(segmenter.apply({ kind: "point", voxel: [15, 15, 15], positive: true }, { autozoom: false }));
  full = false;
  await finish(segmenter.apply({ kind: "point", voxel: [15, 15, 16], positive: false }, { autozoom: false }));
  expect(segmenter.voxels).toBeLessThan(smallSettings.patchSize[0] * smallSettings.patchSize[1] * 2);
});
