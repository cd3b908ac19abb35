import { type Box, packBits, type Vec3 } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayGrid } from "../grid.ts";
import type { Scan } from "../scan.ts";
import { createLabelStore } from "./label-store.ts";
import type { Paint } from "./stroke.ts";

const size: Vec3 = [12, 10, 6];
const spacing: Vec3 = [0.8, 1.5, 3];
const scan: Scan = {
  data: Int16Array.from({ length: 720 }, (_, n) => n),
  grid: displayGrid(size, [-1, 3, -2]),
  spacing,
  scaling: { slope: 2, intercept: -100 },
};
const whole: Box = [
  [0, 12],
  [0, 10],
  [0, 6],
];
const places: fc.Arbitrary<Vec3> = fc.tuple(
  fc.double({ min: -2, max: 13, noNaN: true }),
  fc.double({ min: -2, max: 11, noNaN: true }),
  fc.double({ min: -1, max: 7, noNaN: true }),
);

test("paints the voxels within the radius, in mm, of where the pointer went", () => {
  const shapes = fc.constantFrom("disc", "sphere");
  fc.assert(
    fc.property(
      fc.array(places, { minLength: 1, maxLength: 4 }),
      shapes,
      fc.double({ min: 0.3, max: 6, noNaN: true }),
      (line, shape, radiusMm) => {
        const onSlice = shape === "disc" ? line.map(([i, j]): Vec3 => [i, j, 2]) : line;
        const store = createLabelStore(scan, () => {});
        const stroke = store.beginStroke({ shape: shape as Paint["shape"], axis: 2, radiusMm, label: 3, add: true });
        for (let n = 1; n <= onSlice.length; n++) stroke.extend(onSlice.slice(0, n));
        eachVoxel((i, j, k) => {
          const distance = Math.min(...onSlice.map((from, n) => toSegment([i, j, k], from, onSlice[n + 1] ?? from)));
          if (Math.abs(distance - radiusMm) < 1e-6) return;
          const expected = distance < radiusMm && (shape === "sphere" || k === 2);
          expect(labelAt(store.map.data, i, j, k), `${[i, j, k]}`).toBe(expected ? 3 : 0);
        });
      },
    ),
  );
});

test("paints only where the scan's value, after scaling, is within the threshold", () => {
  const store = createLabelStore(scan, () => {});
  const paint: Paint = { shape: "sphere", axis: 0, radiusMm: 500, label: 1, add: true, threshold: [100, 200] };
  store.beginStroke(paint).extend([[5, 5, 3]]);
  eachVoxel((i, j, k) => {
    const value = 2 * (i + 12 * (j + 10 * k)) - 100;
    expect(labelAt(store.map.data, i, j, k)).toBe(value >= 100 && value <= 200 ? 1 : 0);
  });
});

test("erases the one label and leaves the others", async () => {
  const store = createLabelStore(scan, () => {});
  await store.setLabels(
    whole,
    Uint8Array.from({ length: 720 }, (_, n) => 1 + (n % 2)),
  );
  store.beginStroke({ shape: "sphere", axis: 0, radiusMm: 500, label: 2, add: false }).extend([[5, 5, 3]]);
  expect(new Set(store.map.data)).toEqual(new Set([0, 1]));
});

test("keeps an unsettled stroke above what the server says, and a settled one no longer", async () => {
  const store = createLabelStore(scan, () => {});
  const stroke = store.beginStroke({ shape: "sphere", axis: 0, radiusMm: 1, label: 4, add: true });
  stroke.extend([[5, 5, 3]]);
  expect(stroke.box).toEqual([
    [4, 7],
    [5, 6],
    [3, 4],
  ]);
  await store.setLabels(whole, new Uint8Array(720).fill(7));
  expect([labelAt(store.map.data, 5, 5, 3), labelAt(store.map.data, 0, 0, 0)]).toEqual([4, 7]);
  stroke.settle();
  await store.setLabels(whole, new Uint8Array(720).fill(7));
  expect(new Set(store.map.data)).toEqual(new Set([7]));
});

test("says where it painted, and nothing of what was so before", () => {
  const boxes: Box[] = [];
  const store = createLabelStore(scan, (box) => boxes.push(box));
  const paint: Paint = { shape: "disc", axis: 2, radiusMm: 0.9, label: 1, add: true };
  const stroke = store.beginStroke(paint);
  stroke.extend([[3, 4, 1]]);
  stroke.extend([
    [3, 4, 1],
    [5, 4, 1],
  ]);
  store.beginStroke(paint).extend([[4, 4, 1]]);
  expect(boxes).toEqual([
    [
      [2, 5],
      [4, 5],
      [1, 2],
    ],
    [
      [5, 7],
      [4, 5],
      [1, 2],
    ],
  ]);
});

describe("the active segment", () => {
  const dot: Paint = { shape: "disc", axis: 2, radiusMm: 0.9, label: 5, add: true };
  const middle: Box = [
    [4, 6],
    [4, 6],
    [2, 4],
  ];

  test("is counted whole where the label map gives its voxels to another, and as the map has it once it is not active", async () => {
    const store = createLabelStore(scan, () => {});
    await store.setLabels(whole, new Uint8Array(720).fill(2));
    store.setActive(5);
    expect(store.active).toBeUndefined();
    await store.setActiveMask(5, whole, packBits(new Uint8Array(720).fill(1, 100, 130)));
    expect([store.active?.label, store.tallies.get(5)?.voxels, store.tallies.get(2)?.voxels]).toEqual([5, 30, 720]);
    store.setActive(2);
    expect([store.active, store.tallies.get(5)]).toEqual([undefined, undefined]);
  });

  test("takes parts of its mask only after the whole, and none of a segment that is not active any more", async () => {
    const store = createLabelStore(scan, () => {});
    store.setActive(5);
    await store.setActiveMask(5, middle, Uint8Array.of(255));
    expect(store.active).toBeUndefined();
    const late = store.setActiveMask(5, whole, new Uint8Array(90).fill(255));
    store.setActive(6);
    await late;
    expect(store.active).toBeUndefined();
    await store.setActiveMask(6, whole, new Uint8Array(90));
    await store.setActiveMask(6, middle, Uint8Array.of(0b10000001));
    expect([store.tallies.get(6)?.voxels, store.active?.has(4, 4, 2), store.active?.has(5, 5, 3)]).toEqual([
      2,
      true,
      true,
    ]);
  });

  test("is painted and erased above what it covers, which stays as it is", async () => {
    const store = createLabelStore(scan, () => {});
    await store.setLabels(whole, new Uint8Array(720).fill(2));
    store.setActive(5);
    await store.setActiveMask(5, whole, new Uint8Array(90));
    const stroke = store.beginStroke(dot);
    stroke.extend([[5, 5, 3]]);
    await store.setActiveMask(5, whole, new Uint8Array(90));
    expect([store.active?.has(5, 5, 3), store.tallies.get(5)?.voxels]).toEqual([true, 3]);
    expect(new Set(store.map.data)).toEqual(new Set([2]));
    store.beginStroke({ ...dot, add: false }).extend([[5, 5, 3]]);
    expect(store.tallies.get(5)?.voxels).toBe(0);
  });

  test("keeps what was painted before its mask was there, and after another became active", async () => {
    const boxes: Box[] = [];
    const store = createLabelStore(scan, (box) => boxes.push(box));
    const stroke = store.beginStroke(dot);
    stroke.extend([[5, 5, 3]]);
    expect(labelAt(store.map.data, 5, 5, 3)).toBe(5);
    store.setActive(5);
    await store.setActiveMask(5, whole, new Uint8Array(90));
    expect(store.active?.has(5, 5, 3)).toBe(true);
    await store.setLabels(whole, new Uint8Array(720).fill(2));
    expect(labelAt(store.map.data, 5, 5, 3)).toBe(2);
    boxes.length = 0;
    store.setActive(2);
    expect(labelAt(store.map.data, 5, 5, 3)).toBe(5);
    expect(boxes).toEqual([stroke.box]);
  });

  test("does not get what a spared segment has", async () => {
    const store = createLabelStore(scan, () => {});
    const labels = new Uint8Array(720);
    labels[4 + 12 * (5 + 10 * 3)] = 7;
    labels[6 + 12 * (5 + 10 * 3)] = 2;
    await store.setLabels(whole, labels);
    for (const label of [5, 9]) {
      if (label === 5) {
        store.setActive(5);
        await store.setActiveMask(5, whole, new Uint8Array(90));
      }
      store.beginStroke({ ...dot, label, spared: new Set([7]) }).extend([[5, 5, 3]]);
      expect(store.tallies.get(label)?.voxels).toBe(2);
      expect(labelAt(store.map.data, 4, 5, 3)).toBe(7);
    }
  });
});

function labelAt(data: ArrayLike<number>, i: number, j: number, k: number): number {
  return data[i + 12 * (j + 10 * k)];
}

function eachVoxel(visit: (i: number, j: number, k: number) => void): void {
  for (let k = 0; k < 6; k++) for (let j = 0; j < 10; j++) for (let i = 0; i < 12; i++) visit(i, j, k);
}

/** mm from a voxel's centre to a line between two places. */
function toSegment(voxel: Vec3, from: Vec3, to: Vec3): number {
  const mm = (place: Vec3) => place.map((part, d) => part * spacing[d]);
  const [p, a, b] = [mm(voxel), mm(from), mm(to)];
  const along = b.map((part, d) => part - a[d]);
  const squared = along.reduce((sum, part) => sum + part * part, 0);
  const dot = along.reduce((sum, part, d) => sum + part * (p[d] - a[d]), 0);
  const t = squared === 0 ? 0 : Math.min(1, Math.max(0, dot / squared));
  return Math.hypot(...p.map((part, d) => part - a[d] - t * along[d]));
}
