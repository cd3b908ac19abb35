import { readFileSync } from "node:fs";
import { type Affine, type Vec3, type Volume, wholeBox } from "@septum/volume";
import { describe, expect, test } from "vitest";
import { editMask } from "./edit-mask.ts";
import { findIslands } from "./islands.ts";
import type { MaskEdit } from "./mask-edit.ts";
import { partOf } from "./regions.ts";
import { finishWork } from "./work.ts";

const fixture = JSON.parse(readFileSync(new URL("../../../../fixtures/edits/masks.json", import.meta.url), "utf8")) as {
  readonly size: Vec3;
  readonly spacing: Vec3;
  readonly mask: string;
  readonly results: Readonly<Record<string, string>>;
  readonly islands: readonly number[];
  readonly sparse: string;
  readonly between: string;
};
const { size, spacing } = fixture;
const affine: Affine = [-spacing[0], 0, 0, 5, 0, 0, spacing[2], -3, 0, spacing[1], 0, 8, 0, 0, 0, 1];
const volume: Volume = {
  data: new Uint8Array(size[0] * size[1] * size[2]),
  size,
  affine,
  scaling: { slope: 1, intercept: 0 },
};
const read = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

function edited(mask: Uint8Array, edit: MaskEdit): Uint8Array {
  const made = finishWork(editMask(edit, mask, volume));
  if (!made) throw new Error("nothing was edited");
  // What lies outside the box is as it was.
  const out = mask.slice();
  const { box, bits } = made;
  let at = 0;
  for (let k = box[2][0]; k < box[2][1]; k++) {
    for (let j = box[1][0]; j < box[1][1]; j++) {
      for (let i = box[0][0]; i < box[0][1]; i++, at++) {
        const voxel = i + size[0] * (j + size[1] * k);
        const bit = (bits[at >> 3] >> (at & 7)) & 1;
        out[voxel >> 3] = (out[voxel >> 3] & ~(1 << (voxel & 7))) | (bit << (voxel & 7));
      }
    }
  }
  return out;
}

const edits: Record<string, MaskEdit> = {
  "grow 0.7": { kind: "grow", mm: 0.7 },
  "grow 2.6": { kind: "grow", mm: 2.6 },
  "grow 6": { kind: "grow", mm: 6 },
  "shrink 0.7": { kind: "shrink", mm: 0.7 },
  "shrink 1.2": { kind: "shrink", mm: 1.2 },
  "opening 1.2": { kind: "smooth", method: "opening", radiusMm: 1.2 },
  "closing 1.5": { kind: "smooth", method: "closing", radiusMm: 1.5 },
  "closing 2.6": { kind: "smooth", method: "closing", radiusMm: 2.6 },
  "median 0.8": { kind: "smooth", method: "median", radiusMm: 0.8 },
  "median 2.5": { kind: "smooth", method: "median", radiusMm: 2.5 },
  holes: { kind: "fillHoles" },
  "holes 0": { kind: "fillHoles", axis: 0 },
  "holes 1": { kind: "fillHoles", axis: 1 },
  "holes 2": { kind: "fillHoles", axis: 2 },
  largest: { kind: "keepLargest" },
};

describe("editMask() equals scipy", () => {
  test.each(Object.keys(fixture.results))("%s", (name) => {
    const mask = read(fixture.mask);
    expect(edited(mask, edits[name])).toEqual(read(fixture.results[name]));
    expect(mask).toEqual(read(fixture.mask));
  });

  test("in the sizes of islands", () => {
    const { voxels } = finishWork(findIslands({ bits: read(fixture.mask), size }, 1));
    expect([...voxels].filter((count) => count > 0).sort((a, b) => a - b)).toEqual(fixture.islands);
  });

  test("between slices", () => {
    const filled = edited(read(fixture.sparse), { kind: "fillBetween", axis: 2 });
    expect(filled).toEqual(read(fixture.between));
    expect(partOf({ bits: filled, size }, wholeBox(size)).bits).toEqual(filled);
  });
});
