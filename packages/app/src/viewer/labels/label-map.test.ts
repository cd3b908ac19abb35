import type { Box, Vec3 } from "@septum/volume";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createLabelMap, type LabelMap } from "./label-map.ts";

const size: Vec3 = [4, 3, 5];
const range = (n: number) =>
  fc.tuple(fc.nat(n - 1), fc.nat(n - 1)).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
const boxes = fc.tuple(range(4), range(3), range(5));
const writes = fc.array(fc.tuple(boxes, fc.constantFrom(0, 1, 7, 255, 256, 65535), fc.boolean()), { maxLength: 8 });

test("labels of any boxes land on their voxels and nowhere else, and are counted as they are", () => {
  fc.assert(
    fc.property(writes, (all) => {
      const map = createLabelMap(size);
      const expected = new Array<number>(60).fill(0);
      for (const [box, label, alternating] of all) {
        const voxels = voxelsIn(box);
        const labels = voxels.map((_, n) => (alternating && n % 2 === 1 ? 0 : label));
        map.write(box, label > 255 ? Uint16Array.from(labels) : Uint8Array.from(labels));
        for (const [n, [i, j, k]] of voxels.entries()) expected[i + 4 * (j + 3 * k)] = labels[n];
      }
      expect([...map.data]).toEqual(expected);
      expectCounted(map);
    }),
  );
});

test("a box can be written slice by slice", () => {
  const box: Box = [
    [1, 4],
    [0, 2],
    [1, 5],
  ];
  const labels = Uint8Array.from({ length: 24 }, (_, n) => n + 1);
  const whole = createLabelMap(size);
  const pieces = createLabelMap(size);
  whole.write(box, labels);
  for (const [from, to] of [
    [1, 2],
    [2, 4],
    [4, 5],
  ]) {
    pieces.write(box, labels, from, to);
  }
  expect([...pieces.data]).toEqual([...whole.data]);
});

test("label values up to 65535 stay what they are, next to small ones", () => {
  const map = createLabelMap([3, 1, 1]);
  const box: Box = [
    [0, 2],
    [0, 1],
    [0, 1],
  ];
  map.write(box, Uint8Array.of(1, 255));
  expect(map.data).toBeInstanceOf(Uint8Array);
  expect(map.set(2, 0, 0, 300)).toBe(0);
  expect([...map.data]).toEqual([1, 255, 300]);
  map.write(box, Uint16Array.of(256, 65535));
  expect([...map.data]).toEqual([256, 65535, 300]);
});

function voxelsIn(box: Box): Vec3[] {
  const voxels: Vec3[] = [];
  for (let k = box[2][0]; k < box[2][1]; k++)
    for (let j = box[1][0]; j < box[1][1]; j++) for (let i = box[0][0]; i < box[0][1]; i++) voxels.push([i, j, k]);
  return voxels;
}

/** Whether the tallies say what a look at every voxel says. */
function expectCounted(map: LabelMap): void {
  const [ni, nj, nk] = map.size;
  const counted = new Map<number, number[][]>();
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) {
        const label = map.data[i + ni * (j + nj * k)];
        if (label === 0) continue;
        const slices = counted.get(label) ?? map.size.map((length) => new Array<number>(length).fill(0));
        slices[0][i]++;
        slices[1][j]++;
        slices[2][k]++;
        counted.set(label, slices);
      }
  const told = [...map.tallies.byLabel].filter(([, { voxels }]) => voxels > 0);
  expect(new Map(told.map(([label, { slices }]) => [label, slices.map((counts) => [...counts])]))).toEqual(counted);
  for (const [label, { voxels }] of told) {
    expect(voxels).toBe(counted.get(label)?.[0].reduce((sum, count) => sum + count, 0));
  }
}
