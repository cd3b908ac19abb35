import { describe, expect, it } from "vitest";
import { describeGrid, sameGrid } from "./grid.ts";

// Oblique and anisotropic: 1 × 2 × 3 mm, turned by 0.6/0.8 about z.
const affine = [0.8, -1.2, 0, -10, 0.6, 1.6, 0, 4.5, 0, 0, 3, 7, 0, 0, 0, 1];
const grid = { size: [5, 4, 3], affine } as const;
const moved = (at: number, by: number) => ({
  ...grid,
  affine: affine.map((value, n) => (n === at ? value + by : value)),
});

describe("sameGrid()", () => {
  it("lets rounding through, and a twentieth of a voxel not", () => {
    expect(sameGrid(grid, moved(3, 0.049))).toBe(true);
    expect(sameGrid(grid, moved(3, 0.051))).toBe(false);
  });

  it("looks at the far corner, where a small turn shows", () => {
    expect(sameGrid(grid, moved(0, 0.01))).toBe(true);
    expect(sameGrid({ ...grid, size: [50, 4, 3] }, { ...moved(0, 0.01), size: [50, 4, 3] })).toBe(false);
  });

  it("wants the same number of voxels along each axis", () => {
    expect(sameGrid(grid, { ...grid, size: [4, 5, 3] })).toBe(false);
  });
});

describe("describeGrid()", () => {
  it("says size, spacing, orientation and origin", () => {
    expect(describeGrid(grid)).toBe("5 × 4 × 3 voxels of 1 × 2 × 3 mm, RAS, voxel [0, 0, 0] at [-10, 4.5, 7] mm");
  });
});
