import { type Affine, checkAffine, rasToLps } from "./affine.ts";
import type { Vec3 } from "./box.ts";
import type { NiftiDtype } from "./nifti-dtype.ts";

/** What the head of a NRRD file says of the voxels that follow it: little-endian, `i` fastest of the voxel's axes. */
export interface NrrdGrid {
  /** `[i, j, k]` */
  readonly size: Vec3;
  /** Voxel to world, RAS, mm. */
  readonly affine: Affine;
  readonly dtype: NiftiDtype;
  /** Values per voxel, fastest in memory: a first axis of the file where there are several. */
  readonly layers?: number;
  /** How the voxels are packed; standard: they are not. */
  readonly encoding?: "raw" | "gzip";
  /** Further entries, such as those by which Slicer knows its segments. */
  readonly entries?: Readonly<Record<string, string>>;
}

const types: Readonly<Record<NiftiDtype, string>> = {
  int8: "signed char",
  uint8: "unsigned char",
  int16: "short",
  uint16: "unsigned short",
  int32: "int",
  uint32: "unsigned int",
  int64: "int64",
  uint64: "uint64",
  float32: "float",
  float64: "double",
};

/**
 * The head of an attached NRRD file (NRRD0004), whose voxels follow at once. Its axes
 * are LPS, which ITK and Slicer take as they are.
 *
 * @throws {VolumeError} `bad-affine`
 */
export function writeNrrdHeader(grid: NrrdGrid): Uint8Array<ArrayBuffer> {
  const { size, affine, dtype, layers = 1, encoding = "raw", entries = {} } = grid;
  checkAffine(affine);
  const lps = rasToLps(affine);
  const column = (n: number) => `(${[lps[n], lps[4 + n], lps[8 + n]].map(plain).join(",")})`;
  const list = layers > 1;
  const lines = [
    "NRRD0004",
    "# Complete NRRD file format specification at:",
    "# http://teem.sourceforge.net/nrrd/format.html",
    `type: ${types[dtype]}`,
    `dimension: ${list ? 4 : 3}`,
    "space: left-posterior-superior",
    `sizes: ${[...(list ? [layers] : []), ...size].join(" ")}`,
    `space directions: ${[...(list ? ["none"] : []), column(0), column(1), column(2)].join(" ")}`,
    `kinds: ${list ? "list " : ""}domain domain domain`,
    ...(dtype === "uint8" || dtype === "int8" ? [] : ["endian: little"]),
    `encoding: ${encoding}`,
    `space origin: ${column(3)}`,
    ...Object.entries(entries).map(([key, value]) => `${key}:=${escaped(value)}`),
  ];
  return new TextEncoder().encode(`${lines.join("\n")}\n\n`);
}

function plain(value: number): string {
  // Minus zero reads badly and means the same.
  return String(value + 0);
}

/** A value of a key lies on one line (NRRD definition, key/value pairs). */
function escaped(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/\r?\n|\r/g, "\\n");
}
