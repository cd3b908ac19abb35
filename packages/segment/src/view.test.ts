import type { Vec3 } from "@septum/volume";
import { expect, test } from "vitest";
import { boxCentre, dilationEdge, initialZoom, viewAt, viewOf, zoomOut } from "./view.ts";

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

const patch = [64, 64, 64] as const;

test("viewOf() sees so many millimetres along every edge, and leaves a patch alone that sees nearly enough", () => {
  const zooms = (millimetres: number, spacing: Vec3) => viewOf(millimetres, [0, 0, 0], 1, patch, spacing).zooms;
  expect(zooms(64, [0.5, 0.5, 0.5])).toEqual([2, 2, 2]);
  expect(zooms(64, [0.98, 0.98, 0.98])).toEqual([1, 1, 1]);
  expect(zooms(64, [3, 3, 3])).toEqual([1, 1, 1]);
  expect(zooms(64, [0.1, 0.1, 0.1])).toEqual([4, 4, 4]);
});

test("viewOf() zooms out towards cubes, further out as well", () => {
  const view = viewOf(64, [0, 0, 0], 1, patch, [3, 0.5, 0.8]);
  expect(view.zooms).toEqual([1, 2, 1.25]);
  expect(view.size).toEqual([64, 128, 80]);
  const further = zoomOut(zoomOut(view)!)!;
  expect(further.zooms).toEqual([1, 4, 2.5]);
  expect(zoomOut(further)).toBeUndefined();
});

test("viewOf() zooms a thick axis out for a prompt that is long in it", () => {
  const view = viewOf(64, [0, 0, 0], 1.5, patch, [3, 0.5, 0.8]);
  expect(view.zooms).toEqual([1.5, 2, 1.5]);
  expect(zoomOut(view)!.zooms).toEqual([1.5, 3, 1.875]);
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
