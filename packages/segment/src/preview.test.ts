import { type Box, bitBytes, cutBits, getBit, uniteBoxes, type Vec3, wholeBox } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prompts, smallSize } from "../test/small-scene.ts";
import { open } from "../test/small-segmenter.ts";
import { finish, type Segmenter, type Step } from "./index.ts";
import type { MaskRows } from "./mask-rows.ts";
import { bitRows } from "./mask-rows.ts";
import { previewOf } from "./preview.ts";

/** Runs a call and takes down every preview as it was at its time. */
async function watch(call: ReturnType<Segmenter["apply"]>) {
  const seen: { type: Step["type"]; box: Box; looked: Box; bits: Uint8Array; found: Uint8Array }[] = [];
  const applied = await finish(call, ({ type, box, preview, bits }) => {
    seen.push({ type, box, looked: preview.box, bits: preview.bits(), found: bits() });
  });
  return { applied, seen };
}

/** The voxels of `inner` in bits over `box`. */
function within(bits: Uint8Array, box: Box, inner: Box): Uint8Array {
  const size = box.map(([lo, hi]) => hi - lo) as unknown as Vec3;
  const place = inner.map(([lo, hi], axis) => [lo - box[axis][0], hi - box[axis][0]]) as unknown as Box;
  return cutBits(bits, size, place);
}

describe("previews", () => {
  const script = fc.array(fc.record({ prompt: prompts(smallSize), autozoom: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  });

  test("show what each pass found, and in the end the object as it became", async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.nat(), async (list, place) => {
        const segmenter = open();
        const check = async (call: ReturnType<Segmenter["apply"]>) => {
          const { applied, seen } = await watch(call);
          expect(seen).toHaveLength(applied.passes);
          for (const { box, looked, bits, found } of seen) {
            expect(uniteBoxes(looked, box)).toEqual(looked);
            expect(within(bits, looked, box)).toEqual(found);
          }
          const last = seen.at(-1);
          if (last) expect(last.bits).toEqual(cutBits(segmenter.mask, smallSize, last.looked));
        };
        for (const { prompt, autozoom } of list) await check(segmenter.apply(prompt, { autozoom }));
        await check(segmenter.rewrite({ type: "remove", at: place % list.length }));
      }),
      { numRuns: 25 },
    );
  });

  test("keep the mask there was wherever nothing was looked at, and the coarse look until all is refined", async () => {
    const segmenter = open();
    await finish(segmenter.apply({ kind: "point", voxel: [25, 7, 30], positive: true }, { autozoom: false }));
    const before = segmenter.mask.slice();
    const { seen } = await watch(segmenter.apply({ kind: "point", voxel: [12, 20, 9], positive: true }));
    const coarse = seen.findLast(({ type }) => type === "coarse")!;
    const refined = seen.filter(({ type }) => type === "refine");
    expect(refined.length).toBeGreaterThan(1);
    const first = refined[0];
    const shared = first.looked;
    for (let n = 0, at = shared[2][0]; at < shared[2][1]; at++) {
      for (let j = shared[1][0]; j < shared[1][1]; j++) {
        for (let i = shared[0][0]; i < shared[0][1]; i++, n++) {
          const inside = (box: Box) => [i, j, at].every((index, axis) => index >= box[axis][0] && index < box[axis][1]);
          const expected = inside(first.box)
            ? bitAt(first.found, first.box, [i, j, at])
            : inside(coarse.box)
              ? bitAt(coarse.found, coarse.box, [i, j, at])
              : bitAt(before, wholeBox(smallSize), [i, j, at]);
          if (getBit(first.bits, n) !== expected) expect([i, j, at]).toBe("as expected");
        }
      }
    }
  });

  test("over several layers show the last that has a say", () => {
    // Engine axes.
    const row = (from: number, to: number, ...set: number[]): MaskRows => {
      const bits = new Uint8Array(bitBytes(to - from));
      for (const n of set) bits[(n - from) >> 3] |= 1 << ((n - from) & 7);
      return bitRows(bits, [
        [0, 1],
        [0, 1],
        [from, to],
      ]);
    };
    const whole = row(0, 12, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    const { box, bits } = previewOf(
      [whole, row(2, 6, 3), row(-3, 3, -3, 2)],
      [
        [0, 1],
        [0, 1],
        [1, 9],
      ],
    );
    expect(box).toEqual([
      [1, 9],
      [0, 1],
      [0, 1],
    ]);
    // Voxels 1 to 8: 1 is clear and 2 set by the last layer, 3 set and 4, 5 clear by the second, the rest by the first.
    expect([...bits()]).toEqual([0b11100110]);
  });
});

function bitAt(bits: Uint8Array, [[i0, i1], [j0, j1], [k0]]: Box, [i, j, k]: Vec3): number {
  return getBit(bits, i - i0 + (i1 - i0) * (j - j0 + (j1 - j0) * (k - k0)));
}
