import { invertAffine, multiplyAffines, type Vec3 } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planAxes } from "./axis-plan.ts";
import { affine } from "./testing.ts";

const size: Vec3 = [3, 4, 5];

/** Any order and direction of axes: which axis of the image each of the file is, and whether it runs the other way. */
const turns = fc.record({
  order: fc.constantFrom<Vec3[]>([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]),
  flipped: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
});

/** The same grid with its axes turned, and where it has an image voxel. */
function turned({ order, flipped }: { order: Vec3; flipped: readonly boolean[] }) {
  const fileSize: Vec3 = [size[order[0]], size[order[1]], size[order[2]]];
  const toFile = new Array<number>(16).fill(0);
  toFile[15] = 1;
  for (const [own, axis] of order.entries()) {
    toFile[4 * own + axis] = flipped[own] ? -1 : 1;
    toFile[4 * own + 3] = flipped[own] ? fileSize[own] - 1 : 0;
  }
  const place = (voxel: Vec3) => {
    const at = order.map((axis, own) => (flipped[own] ? fileSize[own] - 1 - voxel[axis] : voxel[axis]));
    return at[0] + fileSize[0] * (at[1] + fileSize[1] * at[2]);
  };
  return { grid: { size: fileSize, affine: multiplyAffines(affine, invertAffine(toFile)) }, place };
}

describe("planAxes()", () => {
  test("finds every voxel of the image in a file whose axes run in another order and direction", () => {
    fc.assert(
      fc.property(turns, fc.double({ min: -0.004, max: 0.004, noNaN: true }), (turn, off) => {
        const { grid, place } = turned(turn);
        const file = { ...grid, affine: grid.affine.map((value, n) => (n === 3 ? value + off : value)) };
        const plan = planAxes(file, { size, affine });
        expect(plan).toBeDefined();
        const { start, strides } = plan!;
        for (let k = 0; k < 5; k++)
          for (let j = 0; j < 4; j++)
            for (let i = 0; i < 3; i++)
              expect(start + i * strides[0] + j * strides[1] + k * strides[2]).toBe(place([i, j, k]));
      }),
    );
  });

  test("refuses a grid that lies elsewhere: moved, turned by a little, scaled, or of another size", () => {
    const image = { size, affine };
    const changed = (n: number, by: number) => affine.map((value, at) => (at === n ? value + by : value));
    for (const other of [changed(3, 0.5), changed(7, -0.02), changed(0, 0.02), changed(1, 0.05)])
      expect(planAxes({ size, affine: other }, image)).toBeUndefined();
    expect(planAxes({ size: [3, 4, 6], affine }, image)).toBeUndefined();
    expect(planAxes({ size: [4, 3, 5], affine }, image)).toBeUndefined();
    const doubled = affine.map((value, n) => (n < 12 && n % 4 !== 3 ? 2 * value : value));
    expect(planAxes({ size, affine: doubled }, image)).toBeUndefined();
  });
});
