import { expect, test } from "vitest";
import { pointBall } from "./point-ball.ts";

const radius = 4;
const { squared } = pointBall(radius);
const at = (x: number, y: number, z: number) => squared[z + radius + 9 * (y + radius + 9 * (x + radius))];

test("the ball of radius 4 is the spec's table", () => {
  const table: [number, [number, number, number][]][] = [
    [17, [[0, 0, 0]]],
    [10, [[1, 0, 0]]],
    [8, [[1, 1, 0]]],
    [6, [[1, 1, 1]]],
    [5, [[2, 0, 0]]],
    [4, [[2, 1, 0]]],
    [3, [[2, 1, 1]]],
    [
      2,
      [
        [2, 2, 0],
        [2, 2, 1],
        [3, 0, 0],
      ],
    ],
    [
      1,
      [
        [2, 2, 2],
        [3, 1, 0],
        [3, 1, 1],
        [3, 2, 0],
        [3, 2, 1],
        [4, 0, 0],
      ],
    ],
    [
      0,
      [
        [4, 1, 0],
        [3, 3, 0],
        [3, 2, 2],
      ],
    ],
  ];
  for (const [value, offsets] of table) {
    for (const [x, y, z] of offsets) {
      for (const sign of [1, -1]) {
        expect([at(x, y, sign * z), at(sign * y, z, x), at(z, sign * x, y)]).toEqual([value, value, value]);
      }
    }
  }
});

test("it has 257 voxels whose values add up to 90.46976861", () => {
  expect(squared.filter((value) => value > 0)).toHaveLength(257);
  expect(squared.reduce((sum, value) => sum + Math.sqrt(value / 17), 0)).toBeCloseTo(90.46976861, 8);
});

test("the centre of any ball is as far from the outside as the normaliser says", () => {
  for (let r = 1; r <= 5; r++) expect(Math.max(...pointBall(r).squared)).toBe(r * r + 1);
});
