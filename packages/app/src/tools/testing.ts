import type { Vec3 } from "@septum/volume";
import fc from "fast-check";
import { type DisplayGrid, displayGrid, displaySize } from "../viewer/grid.ts";
import { type Plane, planes, type Tile } from "../viewer/planes.ts";

const orders = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
];

const sizes: fc.Arbitrary<Vec3> = fc.tuple(
  fc.integer({ min: 2, max: 9 }),
  fc.integer({ min: 2, max: 9 }),
  fc.integer({ min: 2, max: 9 }),
);

/** Every way in which a file's axes can lie in the body: permuted, flipped, of any sizes. */
export const grids: fc.Arbitrary<DisplayGrid> = fc
  .tuple(sizes, fc.constantFrom(...orders), fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()))
  .map(([size, order, flips]) =>
    displayGrid(
      size,
      order.map((axis, n) => (flips[n] ? -axis : axis)),
    ),
  );

/** A tile of a plane in which a voxel is so many pixels wide and high, mirrored when `radiological`. */
export function tileFor(grid: DisplayGrid, plane: Plane, radiological: boolean, pixels: readonly number[]): Tile {
  const size = displaySize(grid);
  const { across, up } = planes[plane];
  const [width, height] = [size[across] * pixels[0], size[up] * pixels[1]];
  const mirrored = radiological !== (plane === "sagittal");
  return {
    plane,
    rect: { x: 10, y: 20, width, height },
    horizontal: mirrored ? [10 + width, 10] : [10, 10 + width],
    vertical: [20 + height, 20],
  };
}
