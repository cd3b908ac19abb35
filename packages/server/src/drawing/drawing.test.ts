import type { Axis } from "@septum/protocol";
import { boxSize, type Vec3, wholeBox } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawLasso } from "./lasso.ts";
import { type Drawing, DrawingTooLarge, drawPolyline } from "./polyline.ts";
import { drawPrompt } from "./prompt.ts";
import { sliceBox, slicePlane, sliceToVoxel, voxelToSlice } from "./slice-plane.ts";

const size: Vec3 = [9, 7, 5];
const axes: readonly Axis[] = [0, 1, 2];
const positions = fc.tuple(fc.double({ min: -3, max: 12, noNaN: true }), fc.double({ min: -3, max: 12, noNaN: true }));

/** Rows (y) of columns (x) of the drawing on its slice: `#` drawn, `.` not. */
function picture(drawing: Drawing | undefined, axis: Axis, index: number): string[] {
  const drawn = new Set(voxelsOf(drawing).map(String));
  const { row, column } = slicePlane(axis);
  return Array.from({ length: size[row] }, (_, y) =>
    Array.from({ length: size[column] }, (_, x) =>
      drawn.has(String(sliceToVoxel(axis, index, x, y))) ? "#" : ".",
    ).join(""),
  );
}

function voxelsOf(drawing: Drawing | undefined): Vec3[] {
  if (!drawing) return [];
  const [ni, nj] = boxSize(drawing.box);
  const found: Vec3[] = [];
  drawing.mask.forEach((value, n) => {
    const at = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / ni / nj)];
    if (value) found.push([at[0] + drawing.box[0][0], at[1] + drawing.box[1][0], at[2] + drawing.box[2][0]]);
  });
  return found;
}

describe("slice plane", () => {
  test("rows are the first remaining axis, columns the second", () => {
    expect(sliceToVoxel(2, 9, 1, 2)).toEqual([2, 1, 9]);
    expect(sliceToVoxel(1, 9, 1, 2)).toEqual([2, 9, 1]);
    expect(sliceToVoxel(0, 9, 1, 2)).toEqual([9, 2, 1]);
  });

  test("voxelToSlice() undoes sliceToVoxel()", () => {
    for (const axis of axes) expect(voxelToSlice(axis, sliceToVoxel(axis, 4, 1, 2))).toEqual({ x: 1, y: 2 });
  });
});

describe("drawPolyline()", () => {
  test("draws a stroke two voxels thick, round at its ends", () => {
    const line = [sliceToVoxel(2, 1, 1, 2), sliceToVoxel(2, 1, 5, 6)];
    expect(picture(drawPolyline(line, 1, sliceBox(2, 1, size)), 2, 1)).toEqual([
      ".......",
      ".#.....",
      "###....",
      ".###...",
      "..###..",
      "...###.",
      "....###",
      ".....#.",
      ".......",
    ]);
  });

  test.each(axes)("draws the same stroke on slices of axis %i", (axis) => {
    const { row, column } = slicePlane(axis);
    const line = [
      [0, 0],
      [2, 3],
    ].map(([x, y]) => sliceToVoxel(axis, 2, x, y));
    const drawn = voxelsOf(drawPolyline(line, 1, sliceBox(axis, 2, size)));
    expect(drawn.every((voxel) => voxel[axis] === 2)).toBe(true);
    expect(new Set(drawn.map((voxel) => `${voxel[column]},${voxel[row]}`))).toEqual(
      new Set(["0,0", "1,0", "0,1", "1,1", "1,2", "2,2", "1,3", "2,3", "3,3", "2,4"]),
    );
  });

  test("draws voxels within the radius of the line, and no others", () => {
    const along = (axis: 0 | 1 | 2) => fc.double({ min: -2, max: size[axis] + 1, noNaN: true });
    const place: fc.Arbitrary<Vec3> = fc.tuple(along(0), along(1), along(2));
    const radius = fc.double({ min: 0.5, max: 3, noNaN: true });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 4 }), radius, (line, r) => {
        const drawn = new Set(voxelsOf(drawPolyline(line, r, wholeBox(size))).map(String));
        for (let k = 0; k < size[2]; k++)
          for (let j = 0; j < size[1]; j++)
            for (let i = 0; i < size[0]; i++) {
              const distance = Math.min(...line.map((from, n) => toSegment([i, j, k], from, line[n + 1] ?? from)));
              if (Math.abs(distance - r) > 1e-6) expect(drawn.has(String([i, j, k]))).toBe(distance < r);
            }
      }),
    );
  });

  test("is undefined where the line misses the volume", () => {
    expect(
      drawPolyline(
        [
          [20, 2, 2],
          [30, 2, 2],
        ],
        1,
        wholeBox(size),
      ),
    ).toBeUndefined();
  });

  test("refuses at once what would take long", () => {
    const long = Array.from({ length: 20_000 }, (_, n): Vec3 => [n % 2 ? 1e6 : -1e6, n, 0]);
    const started = performance.now();
    expect(() =>
      drawPolyline(long, 50, [
        [0, 512],
        [0, 512],
        [0, 300],
      ]),
    ).toThrow(DrawingTooLarge);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("drawLasso()", () => {
  test("fills the inside and keeps the outline", () => {
    expect(
      picture(
        drawLasso(
          2,
          3,
          [
            [1, 1],
            [5, 1],
            [5, 4],
            [1, 4],
          ],
          size,
        ),
        2,
        3,
      ),
    ).toEqual([".......", ".#####.", ".#####.", ".#####.", ".#####.", ".......", ".......", ".......", "......."]);
  });

  test("leaves a loop inside a loop empty", () => {
    const bow = [
      [0, 0],
      [6, 0],
      [6, 8],
      [0, 8],
      [0, 0],
      [2, 2],
      [4, 2],
      [4, 6],
      [2, 6],
      [2, 2],
    ] as const;
    const rows = picture(drawLasso(2, 0, bow, size), 2, 0);
    expect([rows[0], rows[4]]).toEqual(["#######", "###.###"]);
  });

  test.each(axes)("fills a triangle on slices of axis %i", (axis) => {
    expect(
      picture(
        drawLasso(
          axis,
          1,
          [
            [0, 0],
            [4, 0],
            [0, 4],
          ],
          size,
        ),
        axis,
        1,
      )
        .slice(0, 5)
        .map((row) => row.slice(0, 5)),
    ).toEqual(["#####", "####.", "###..", "##...", "#...."]);
  });

  test("drawn within one voxel holds that voxel", () => {
    expect(
      voxelsOf(
        drawLasso(
          1,
          2,
          [
            [3.1, 4.1],
            [3.3, 4.2],
            [3.2, 4.3],
          ],
          size,
        ),
      ),
    ).toEqual([[4, 2, 3]]);
  });

  test("is cut off at the edge of the slice, and undefined outside of it", () => {
    expect(
      voxelsOf(
        drawLasso(
          2,
          0,
          [
            [-9, -9],
            [50, -9],
            [50, 50],
            [-9, 50],
          ],
          size,
        ),
      ),
    ).toHaveLength(63);
    expect(
      drawLasso(
        2,
        0,
        [
          [20, 20],
          [30, 20],
          [30, 30],
        ],
        size,
      ),
    ).toBeUndefined();
  });

  test("holds every voxel inside the polygon, and none farther than half a voxel from it", () => {
    fc.assert(
      fc.property(fc.constantFrom(...axes), fc.array(positions, { minLength: 3, maxLength: 8 }), (axis, polygon) => {
        const { row, column } = slicePlane(axis);
        const drawn = new Set(voxelsOf(drawLasso(axis, 1, polygon, size)).map(String));
        for (let y = 0; y < size[row]; y++)
          for (let x = 0; x < size[column]; x++) {
            const outline = Math.min(
              ...polygon.map(([x0, y0], n) => {
                const [x1, y1] = polygon[(n + 1) % polygon.length];
                return toSegment([x, y, 0], [x0, y0, 0], [x1, y1, 0]);
              }),
            );
            if (Math.abs(outline - 0.5) < 1e-6 || outline < 1e-6) continue;
            const expected = outline < 0.5 || isInside(x, y, polygon);
            expect(drawn.has(String(sliceToVoxel(axis, 1, x, y)))).toBe(expected);
          }
      }),
    );
  });
});

describe("drawPrompt()", () => {
  const options = { positive: true, predict: true, autozoom: true };
  const slice = { axis: 2 as const, slice_index: 1 };

  test.each([
    [{ kind: "point", voxel: [9, 0, 0] }, "Cannot place point at voxel [9, 0, 0]: volume size is [9, 7, 5]"],
    [{ kind: "point", voxel: [0, -1, 0] }, "Cannot place point at voxel [0, -1, 0]: volume size is [9, 7, 5]"],
    [
      {
        kind: "box",
        box: [
          [0, 2],
          [0, 2],
          [0, 2],
        ],
      },
      "Box [[0, 2], [0, 2], [0, 2]] is 2 × 2 × 2 voxels: draw it on one slice, one voxel thick",
    ],
    [
      {
        kind: "box",
        box: [
          [2, 2],
          [0, 2],
          [0, 1],
        ],
      },
      "Box [[2, 2], [0, 2], [0, 1]] holds no voxel: boxes are half-open, so each needs lo < hi",
    ],
    [
      {
        kind: "box",
        box: [
          [0, 10],
          [0, 2],
          [0, 1],
        ],
      },
      "Box [[0, 10], [0, 2], [0, 1]] reaches outside: volume size is [9, 7, 5]",
    ],
    [
      { kind: "scribble", ...slice, slice_index: 5, points: [[1, 1]] },
      "There is no slice 5 along axis 2: slices go from 0 to 4",
    ],
    [
      { kind: "scribble", ...slice, points: [[50, 50]] },
      "The scribble holds no voxel of the volume: volume size is [9, 7, 5]",
    ],
    [
      {
        kind: "lasso",
        ...slice,
        points: [
          [1, 1],
          [3, 3],
        ],
      },
      "A lasso of 2 points has no inside: draw at least three",
    ],
    [
      {
        kind: "lasso",
        ...slice,
        points: [
          [50, 50],
          [60, 50],
          [60, 60],
        ],
      },
      "The lasso holds no voxel of the volume: volume size is [9, 7, 5]",
    ],
  ])("refuses %j", (body, message) => {
    expect(() => drawPrompt({ ...options, ...body } as Parameters<typeof drawPrompt>[0], size)).toThrow(message);
  });
});

function toSegment(p: readonly number[], a: readonly number[], b: readonly number[]): number {
  const d = b.map((value, n) => value - a[n]);
  const squared = d.reduce((sum, value) => sum + value * value, 0);
  const t =
    squared === 0 ? 0 : Math.min(1, Math.max(0, d.reduce((sum, value, n) => sum + value * (p[n] - a[n]), 0) / squared));
  return Math.hypot(...p.map((value, n) => value - a[n] - t * d[n]));
}

/** Counts the edges to the right of the place. */
function isInside(x: number, y: number, polygon: readonly (readonly [number, number])[]): boolean {
  return (
    polygon.filter(([x0, y0], n) => {
      const [x1, y1] = polygon[(n + 1) % polygon.length];
      return y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0;
    }).length %
      2 ===
    1
  );
}
