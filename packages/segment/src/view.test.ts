import type { Vec3 } from "@septum/volume";
import { expect, test } from "vitest";
import { boxCentre, dilationEdge, firstViewOf, initialZoom, viewAt, zoomOut } from "./view.ts";

test("dilationEdge() is the spec's table", () => {
  const zooms = [1, 1.0052, 1.25, 1.4999, 1.5, 2.25, 2.5, 3, 3.375, 3.5, 4];
  expect(zooms.map(dilationEdge)).toEqual([1, 1, 1, 1, 3, 3, 5, 5, 5, 7, 7]);
});

test("zoomOut() goes 1, 1.5, 2.25, 3.375, 4 around a centre that never moves", () => {
  const sizes: number[] = [];
  for (let view = viewAt([5, 6, 7], 1, [192, 192, 192]); ; ) {
    sizes.push(view.size[0]);
    expect(view.centre).toEqual([5, 6, 7]);
    const next = zoomOut(view);
    if (next === undefined) break;
    view = next;
  }
  expect(sizes).toEqual([192, 288, 432, 648, 768]);
});

test("viewAt() puts the odd voxel of an odd size on the high side", () => {
  expect(viewAt([10, 10, 10], 1, [5, 4, 7]).box).toEqual([
    [8, 13],
    [8, 12],
    [7, 14],
  ]);
});

test("viewAt() rounds sizes half to even, and a zoom just above 1 may change nothing", () => {
  expect(viewAt([0, 0, 0], 1.5, [3, 5, 7]).size).toEqual([4, 8, 10]);
  expect(viewAt([0, 0, 0], 1.002, [192, 192, 192])).toMatchObject({
    size: [192, 192, 192],
    unscaled: true,
    zoom: 1.002,
  });
});

const firstView = (millimetres: number, spacing: Vec3, { zoom = 1, size = [500, 500, 500] as Vec3 } = {}) =>
  firstViewOf(millimetres, { centre: [0, 0, 0], zoom }, [64, 64, 64], size, spacing);

test("firstViewOf() sees so many millimetres along every edge, and leaves a patch alone that sees nearly enough", () => {
  expect(firstView(64, [0.5, 0.5, 0.5]).zooms).toEqual([2, 2, 2]);
  expect(firstView(64, [0.98, 0.98, 0.98]).zooms).toEqual([1, 1, 1]);
  expect(firstView(64, [3, 3, 3]).zooms).toEqual([1, 1, 1]);
  expect(firstView(64, [0.1, 0.1, 0.1]).zooms).toEqual([4, 4, 4]);
});

test("firstViewOf() zooms out towards cubes, further out as well", () => {
  const view = firstView(64, [3, 0.5, 0.8]);
  expect(view.zooms).toEqual([1, 2, 1.25]);
  expect(view.size).toEqual([64, 128, 80]);
  const further = zoomOut(zoomOut(view)!)!;
  expect(further.zooms).toEqual([1, 4, 2.5]);
  expect(zoomOut(further)).toBeUndefined();
});

test("firstViewOf() zooms a thick axis out for a prompt that is long in it", () => {
  const view = firstView(64, [3, 0.5, 0.8], { zoom: 1.5 });
  expect(view.zooms).toEqual([1.5, 2, 1.5]);
  expect(zoomOut(view)!.zooms).toEqual([1.5, 3, 1.875]);
});

test("firstViewOf() does not zoom out further than it takes to see the whole scan", () => {
  expect(firstView(64, [0.5, 0.5, 0.5], { size: [96, 40, 50] }).zooms).toEqual([1.5, 1.5, 1.5]);
  expect(firstView(64, [0.5, 0.5, 0.5], { size: [70, 40, 50] }).zooms).toEqual([1, 1, 1]);
  // 12 slices are as long as 72 voxels of the other axes.
  expect(firstView(64, [3, 0.5, 0.5], { size: [12, 96, 50] }).zooms).toEqual([1, 1.5, 1.5]);
});

test("initialZoom() leaves a third of the patch free and is not below 1", () => {
  const patch = [128, 128, 128] as const;
  expect(
    initialZoom(
      [
        [20, 120],
        [71, 72],
        [41, 80],
      ],
      patch,
    ),
  ).toBe(1.109375);
  expect(
    initialZoom(
      [
        [20, 30],
        [71, 72],
        [41, 80],
      ],
      patch,
    ),
  ).toBe(1);
});

test("boxCentre() rounds half to even", () => {
  expect(
    boxCentre([
      [20, 120],
      [71, 72],
      [41, 80],
    ]),
  ).toEqual([70, 72, 60]);
});
