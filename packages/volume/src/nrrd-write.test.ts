import { describe, expect, test } from "vitest";
import { writeNrrdHeader } from "./index.ts";

const oblique = [-0.9, 0.1, 0, 40, 0.1, 0.8, 0.3, -20, 0, -0.2, 1.5, 7, 0, 0, 0, 1];
const text = (grid: Parameters<typeof writeNrrdHeader>[0]) => new TextDecoder().decode(writeNrrdHeader(grid));

describe("writeNrrdHeader()", () => {
  test("says where the voxels are in LPS, axis by axis", () => {
    expect(text({ size: [12, 10, 8], affine: oblique, dtype: "uint8" })).toBe(
      [
        "NRRD0004",
        "# Complete NRRD file format specification at:",
        "# http://teem.sourceforge.net/nrrd/format.html",
        "type: unsigned char",
        "dimension: 3",
        "space: left-posterior-superior",
        "sizes: 12 10 8",
        "space directions: (0.9,-0.1,0) (-0.1,-0.8,-0.2) (0,-0.3,1.5)",
        "kinds: domain domain domain",
        "encoding: raw",
        "space origin: (-40,20,7)",
        "\n",
      ].join("\n"),
    );
  });

  test("writes other types, packing and entries", () => {
    const entries = { Segment0_Name: "a\\b\nc", Segment0_ID: "1" };
    const header = text({ size: [1, 2, 3], affine: oblique, dtype: "float32", encoding: "gzip", entries });
    expect(header).toContain("\ntype: float\n");
    expect(header).toContain("\nendian: little\nencoding: gzip\n");
    expect(header).toContain("\nSegment0_Name:=a\\\\b\\nc\nSegment0_ID:=1\n\n");
  });

  test("puts several values per voxel on a first axis", () => {
    const header = text({ size: [1, 2, 3], affine: oblique, dtype: "uint8", layers: 2 });
    expect(header).toContain("\ndimension: 4\n");
    expect(header).toContain("\nsizes: 2 1 2 3\nspace directions: none (0.9,");
    expect(header).toContain("\nkinds: list domain domain domain\n");
  });

  test("refuses a grid that gives voxels no volume", () => {
    expect(() => text({ size: [1, 2, 3], affine: new Array(16).fill(0), dtype: "uint8" })).toThrow("is singular");
  });
});
