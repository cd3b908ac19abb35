import { type Affine, checkAffine, rasToLps } from "./affine.ts";
import type { Vec3 } from "./box.ts";
import type { NiftiDtype } from "./nifti-dtype.ts";

/** What the head of a NRRD file says of the voxels that follow it: little-endian, `i` fastest. */
export interface NrrdGrid {
  /** `[i, j, k]` */
  readonly size: Vec3;
  /** Voxel to world, RAS, mm. */
  readonly affine: Affine;
  readonly dtype: NiftiDtype;
  /** How the voxels are packed; standard: they are not. */
  readonly encoding?: "raw" | "gzip";
  /** Further entries, such as those by which Slicer knows its segments. */
  readonly entries?: Readonly<Record<string, string>>;
}

const types: Readonly<Record<NiftiDtype, string>> = {
  int8: "int8",
  uint8: "uint8",
  int16: "int16",
  uint16: "uint16",
  int32: "int32",
  uint32: "uint32",
  int64: "int64",
  uint64: "uint64",
  float32: "float",
  float64: "double",
};

/**
 * The head of an attached NRRD file (NRRD0004, teem.sourceforge.net/nrrd/format.html), whose voxels follow at once. Its axes
 * are LPS, which ITK and Slicer take as they are.
 *
 * @throws {VolumeError} `bad-affine`
 */
export function writeNrrdHeader({
  size,
  affine,
  dtype,
  encoding = "raw",
  entries = {},
}: NrrdGrid): Uint8Array<ArrayBuffer> {
  checkAffine(affine);
  const lps = rasToLps(affine);
  const column = (n: number) => `(${lps[n]},${lps[4 + n]},${lps[8 + n]})`;
  const lines = [
    "NRRD0004",
    `type: ${types[dtype]}`,
    "dimension: 3",
    "space: left-posterior-superior",
    `sizes: ${size.join(" ")}`,
    `space directions: ${column(0)} ${column(1)} ${column(2)}`,
    "kinds: domain domain domain",
    "endian: little",
    `encoding: ${encoding}`,
    `space origin: ${column(3)}`,
    ...Object.entries(entries).map(([key, value]) => `${key}:=${escaped(value)}`),
  ];
  return new TextEncoder().encode(`${lines.join("\n")}\n\n`);
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
