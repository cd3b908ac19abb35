import type { Affine } from "./affine.ts";
import type { Vec3 } from "./box.ts";
import type { NiftiDtype } from "./nifti-dtype.ts";
import { VolumeError } from "./volume-error.ts";

/** What a `.nrrd` header says of a volume, or of several that lie over each other. */
export interface NrrdHeader {
  readonly dtype: NiftiDtype;
  readonly littleEndian: boolean;
  readonly packed: boolean;
  /** Values per voxel: a first axis of kind `list`. */
  readonly layers: number;
  readonly size: Vec3;
  /** Voxel to world, RAS, mm. */
  readonly affine: Affine;
  /** `key:=value` lines. */
  readonly keys: ReadonlyMap<string, string>;
}

const dtypes: Readonly<Record<string, NiftiDtype>> = {
  "signed char": "int8",
  int8: "int8",
  int8_t: "int8",
  "unsigned char": "uint8",
  uchar: "uint8",
  uint8: "uint8",
  uint8_t: "uint8",
  short: "int16",
  "short int": "int16",
  "signed short": "int16",
  "signed short int": "int16",
  int16: "int16",
  int16_t: "int16",
  ushort: "uint16",
  "unsigned short": "uint16",
  "unsigned short int": "uint16",
  uint16: "uint16",
  uint16_t: "uint16",
  int: "int32",
  "signed int": "int32",
  int32: "int32",
  int32_t: "int32",
  uint: "uint32",
  "unsigned int": "uint32",
  uint32: "uint32",
  uint32_t: "uint32",
  "long long": "int64",
  int64: "int64",
  int64_t: "int64",
  uint64: "uint64",
  uint64_t: "uint64",
  float: "float32",
  double: "float64",
};

/** Signs of x and y that lead to RAS. */
const spaces: Readonly<Record<string, readonly [number, number]>> = {
  "left-posterior-superior": [-1, -1],
  lps: [-1, -1],
  "right-anterior-superior": [1, 1],
  ras: [1, 1],
  "scanner-xyz": [1, 1],
  "left-anterior-superior": [-1, 1],
  las: [-1, 1],
};

/**
 * Parses the lines of a header before the empty one. Source: the NRRD format definition, versions 1 to 5.
 *
 * @throws {VolumeError} `not-nrrd`, `unsupported-nrrd`, `unsupported-dtype`, `bad-dimensions`, `bad-affine`
 */
export function parseNrrdHeader(text: string): NrrdHeader {
  const lines = text.split(/\r?\n/);
  if (!/^NRRD000[1-5]$/.test(lines[0] ?? "")) {
    throw new VolumeError("not-nrrd", "The file does not begin as a NRRD file does.");
  }
  const fields = new Map<string, string>();
  const keys = new Map<string, string>();
  for (const line of lines.slice(1)) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name, separator, value] = /^(.+?)(:=|: ?)(.*)$/s.exec(line) ?? [];
    if (separator === ":=") keys.set(name, unescaped(value));
    else if (separator !== undefined) fields.set(name.trim().toLowerCase(), value.trim());
  }
  if (fields.has("data file") || fields.has("datafile")) {
    throw new VolumeError("unsupported-nrrd", "The voxels are in another file than the header: use one .nrrd file.");
  }
  const encoding = (fields.get("encoding") ?? "raw").toLowerCase();
  if (!["raw", "gzip", "gz"].includes(encoding)) {
    throw new VolumeError("unsupported-nrrd", `The voxels are encoded as ${encoding}: raw and gzip can be read.`);
  }
  const { layers, size, affine } = gridOf(fields);
  const type = (fields.get("type") ?? "").toLowerCase();
  const dtype = dtypes[type];
  if (dtype === undefined) {
    throw new VolumeError("unsupported-dtype", `The voxels are of type "${type}": a number per voxel is needed.`);
  }
  return {
    dtype,
    littleEndian: fields.get("endian") !== "big",
    packed: encoding !== "raw",
    layers,
    size,
    affine,
    keys,
  };
}

function gridOf(fields: ReadonlyMap<string, string>): Pick<NrrdHeader, "layers" | "size" | "affine"> {
  const sizes = (fields.get("sizes") ?? "").split(/\s+/).map(Number);
  const dimension = Number(fields.get("dimension"));
  const whole = sizes.every((length) => Number.isSafeInteger(length) && length > 0);
  if (sizes.length !== dimension || !whole || dimension < 3 || dimension > 4) {
    throw new VolumeError(
      "bad-dimensions",
      `The file has ${dimension || "no"} axes of the sizes ${sizes.join(" × ")}: three axes are needed, or layers of them.`,
    );
  }
  const vectors = (fields.get("space directions") ?? "").match(/none|\([^)]*\)/g) ?? [];
  const kinds = (fields.get("kinds") ?? "").split(/\s+/);
  if (dimension === 4 && vectors[0] !== "none" && kinds[0] !== "list") {
    throw new VolumeError("unsupported-nrrd", "The fourth axis is no list of layers at the front: export it anew.");
  }
  const [layers, directions] = dimension === 4 ? [sizes[0], vectors.slice(1)] : [1, vectors];
  const [ni, nj, nk] = sizes.slice(-3);
  return { layers, size: [ni, nj, nk], affine: affineOf(fields, directions) };
}

function affineOf(fields: ReadonlyMap<string, string>, directions: readonly string[]): Affine {
  const space = (fields.get("space") ?? "").toLowerCase();
  const signs = spaces[space];
  if (signs === undefined) {
    throw new VolumeError("bad-affine", `The file's space is "${space}": it does not say where in the body it lies.`);
  }
  const columns = [...directions, fields.get("space origin") ?? ""].map(vectorOf);
  if (columns.length !== 4 || columns.some((column) => column.length !== 3 || !column.every(Number.isFinite))) {
    throw new VolumeError("bad-affine", "The file's space directions and origin are no three vectors and a place.");
  }
  const [x, y] = signs;
  return [
    // Without minus zeros.
    ...columns.map(([value]) => x * value + 0),
    ...columns.map(([, value]) => y * value + 0),
    ...columns.map(([, , value]) => value),
    ...[0, 0, 0, 1],
  ];
}

function vectorOf(text: string): number[] {
  return text
    .replace(/^\(|\)$/g, "")
    .split(",")
    .map(Number);
}

function unescaped(text: string): string {
  return text.replace(/\\(\\|n)/g, (_, letter) => (letter === "n" ? "\n" : "\\"));
}
