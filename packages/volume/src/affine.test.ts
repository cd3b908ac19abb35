import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Affine,
  affineToQform,
  determinant,
  invertAffine,
  isSingular,
  multiplyAffines,
  orientation,
  qformToAffine,
  rasToLps,
  spacing,
  type Vec3,
  voxelToWorld,
  worldToVoxel,
} from "./index.ts";

const identity: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** Axes L, P, S with spacing 0.5 × 2 × 3 mm. */
const lps: Affine = [-0.5, 0, 0, 10, 0, -2, 0, 20, 0, 0, 3, -30, 0, 0, 0, 1];

const coordinate = fc.double({ min: -300, max: 300, noNaN: true });
const point = fc.tuple(coordinate, coordinate, coordinate);

/** Rotations, flips, anisotropic edges and origins: every grid a qform can hold. */
const rigidGrid = fc
  .record({
    quaternion: fc.tuple(...([0, 1, 2, 3].map(() => fc.double({ min: -1, max: 1, noNaN: true })) as Four)),
    offset: point,
    spacing: fc.tuple(edge(), edge(), edge()),
    qfac: fc.constantFrom(1 as const, -1 as const),
  })
  .filter(({ quaternion }) => Math.hypot(...quaternion) > 0.1)
  .map(({ quaternion, ...rest }) => {
    const [a, b, c, d] = quaternion;
    const length = (a < 0 ? -1 : 1) * Math.hypot(...quaternion);
    return { ...rest, quaternion: [b / length, c / length, d / length] satisfies Vec3 };
  });

type Four = [fc.Arbitrary<number>, fc.Arbitrary<number>, fc.Arbitrary<number>, fc.Arbitrary<number>];

function edge() {
  return fc.double({ min: 0.01, max: 20, noNaN: true });
}

function expectClose(found: readonly number[], wanted: readonly number[], digits = 6): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, index) => {
    expect(value, `number ${index}`).toBeCloseTo(wanted[index], digits);
  });
}

describe("affine", () => {
  test("voxelToWorld() puts a voxel where the columns and the origin say", () => {
    expect(voxelToWorld(lps, [2, 3, 4])).toEqual([9, 14, -18]);
    expect(worldToVoxel(lps, [9, 14, -18])).toEqual([2, 3, 4]);
  });

  test("worldToVoxel() undoes voxelToWorld()", () => {
    fc.assert(
      fc.property(rigidGrid, point, (grid, voxel) => {
        const affine = qformToAffine(grid);
        expectClose(worldToVoxel(affine, voxelToWorld(affine, voxel)), voxel, 4);
      }),
    );
  });

  test("multiplyAffines() applies the right one first", () => {
    const shift: Affine = [1, 0, 0, 1, 0, 1, 0, 2, 0, 0, 1, 3, 0, 0, 0, 1];
    expect(voxelToWorld(multiplyAffines(lps, shift), [1, 1, 1])).toEqual(voxelToWorld(lps, [2, 3, 4]));
    expectClose(multiplyAffines(lps, invertAffine(lps)), identity, 12);
  });

  test("invertAffine() refuses a matrix that squeezes voxels flat, and one with NaN", () => {
    const flat: Affine = [1, 2, 0, 0, 2, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    expect(() => invertAffine(flat)).toThrow(
      "The orientation matrix [1, 2, 0, 0] [2, 4, 0, 0] [0, 0, 1, 0] is singular: it gives voxels no volume.",
    );
    expect(() => invertAffine([Number.NaN, ...identity.slice(1)])).toThrow("has entries that are no finite numbers");
  });

  test("isSingular() judges by shape, not by size", () => {
    expect(isSingular(identity.map((value, n) => (n < 12 ? value * 1e-6 : value)))).toBe(false);
    expect(isSingular(identity.map((value, n) => (n === 0 ? 0 : value)))).toBe(true);
  });

  test("spacing() and determinant() measure a voxel", () => {
    expect(spacing(lps)).toEqual([0.5, 2, 3]);
    expect(determinant(lps)).toBe(3);
    fc.assert(
      fc.property(rigidGrid, (grid) => {
        const affine = qformToAffine(grid);
        expectClose(spacing(affine), grid.spacing);
        const [si, sj, sk] = grid.spacing;
        expect(determinant(affine) / (grid.qfac * si * sj * sk)).toBeCloseTo(1, 6);
      }),
    );
  });

  test("rasToLps() turns x and y, and back again", () => {
    expect(rasToLps(lps)).toEqual([0.5, 0, 0, -10, 0, 2, 0, -20, 0, 0, 3, -30, 0, 0, 0, 1]);
    expect(rasToLps(rasToLps(lps))).toEqual(lps);
  });
});

describe("orientation()", () => {
  test("names the direction each axis grows in", () => {
    expect(orientation(identity)).toBe("RAS");
    expect(orientation(lps)).toBe("LPS");
    expect(orientation([0, 0, 3, 0, -1, 0, 0, 0, 0, -2, 0, 0, 0, 0, 0, 1])).toBe("PIR");
  });

  test("never gives two axes the same line, however oblique the grid", () => {
    const line: Record<string, string> = { R: "x", L: "x", A: "y", P: "y", S: "z", I: "z" };
    fc.assert(
      fc.property(rigidGrid, (grid) => {
        const letters = [...orientation(qformToAffine(grid))];
        expect(new Set(letters.map((letter) => line[letter])).size).toBe(3);
      }),
    );
  });

  test("keeps both axes apart that lean towards the same direction", () => {
    // Both i and j point mostly to the right; j is the one further from it.
    expect(orientation([1, 0.8, 0, 0, 0.1, 0.6, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toBe("RAS");
  });
});

describe("qform", () => {
  test("qformToAffine() follows the worked rotation of the standard", () => {
    // 90° about z: b = c = 0, d = sin 45°.
    const affine = qformToAffine({
      quaternion: [0, 0, Math.SQRT1_2],
      offset: [5, 6, 7],
      spacing: [2, 3, 4],
      qfac: -1,
    });
    expectClose(affine, [0, -3, 0, 5, 2, 0, 0, 6, 0, 0, -4, 7, 0, 0, 0, 1], 12);
  });

  test("affineToQform() gives back every rotation, flip, spacing and origin", () => {
    fc.assert(
      fc.property(rigidGrid, (grid) => {
        const affine = qformToAffine(grid);
        const qform = affineToQform(affine);
        expect(qform?.qfac).toBe(grid.qfac);
        expectClose(qformToAffine(qform!), affine, 5);
      }),
    );
  });

  test("affineToQform() keeps half turns, whose real part is zero", () => {
    for (const turned of [
      [1, -1, -1],
      [-1, 1, -1],
      [-1, -1, 1],
    ]) {
      const affine = identity.map((value, n) => (n < 12 && n % 5 === 0 ? turned[n / 5] : value));
      expectClose(qformToAffine(affineToQform(affine)!), affine, 12);
    }
  });

  test("affineToQform() has none for a sheared grid", () => {
    expect(affineToQform([1, 0.2, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toBeUndefined();
  });

  test("qformToAffine() shortens a quaternion that rounding made longer than 1", () => {
    const affine = qformToAffine({ quaternion: [0, 0, 1.0001], offset: [0, 0, 0], spacing: [1, 1, 1], qfac: 1 });
    expectClose(affine, [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], 12);
  });
});
