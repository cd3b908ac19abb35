import { type LabelRow, labelFile, readLabelFile } from "@septum/protocol";
import { bitsBoundingBox, countBits, determinant, getBit, type Vec3, voxelToWorld } from "@septum/volume";
import { type ExportMask, ExportMismatchError, type ExportRequest } from "./exported.ts";

/** ITK-SNAP label descriptions, by value. */
export function writeDescriptions(masks: readonly ExportMask[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(labelFile(descriptionsOf(masks)));
}

/** Throws `ExportMismatchError` unless the file has these descriptions. Returns the voxels of each mask. */
export function readDescriptions(bytes: Uint8Array, { masks, grid }: ExportRequest): number[] {
  const [{ value: clear }, ...rows] = readLabelFile(new TextDecoder().decode(bytes));
  // The format has no escape for a quote inside a name.
  const wanted = descriptionsOf(masks).map((row) => ({ ...row, name: row.name.replace(/["\r\n]/g, "'") }));
  if (clear !== 0 || JSON.stringify(rows) !== JSON.stringify(wanted)) {
    throw new ExportMismatchError(`The file describes ${JSON.stringify(rows)}: ${JSON.stringify(wanted)} is it here`);
  }
  return masks.map((mask) => voxelsOf(mask, grid.size));
}

function descriptionsOf(masks: readonly ExportMask[]): LabelRow[] {
  return [...masks].sort((a, b) => a.value - b.value).map(({ value, name, color }) => ({ value, name, color }));
}

const columns = [
  ...["label", "value", "name", "voxels", "millilitres"],
  ...["i0", "i1", "j0", "j1", "k0", "k1"],
  ...["centroid_x_mm", "centroid_y_mm", "centroid_z_mm"],
];

/**
 * Sizes and places as CSV (RFC 4180): boxes half-open in voxels, centroids in world millimetres (RAS). An object without
 * voxels has neither.
 */
export function writeVolumes({ masks, grid }: ExportRequest): Uint8Array<ArrayBuffer> {
  const { size, affine } = grid;
  const rows = byLabel(masks).map((mask) => {
    const box = bitsBoundingBox(mask.bits, size);
    const centre = box && voxelToWorld(affine, centreOf(mask.bits, size));
    const voxels = voxelsOf(mask, size);
    const place = box && centre ? [...box.flat(), ...centre.map((mm) => mm.toFixed(3))] : Array(9).fill("");
    return [mask.label, mask.value, quoted(mask.name), voxels, millilitres(voxels, affine), ...place].join(",");
  });
  return new TextEncoder().encode(`${[columns.join(","), ...rows].join("\r\n")}\r\n`);
}

function millilitres(voxels: number, affine: ExportRequest["grid"]["affine"]): string {
  return ((voxels * Math.abs(determinant(affine))) / 1000).toFixed(4);
}

/** Mean voxel of all that are set. */
function centreOf(bits: Uint8Array, [ni, nj]: Vec3): Vec3 {
  let [i, j, k, count] = [0, 0, 0, 0];
  for (let byte = 0; byte < bits.length; byte++) {
    for (let rest = bits[byte]; rest !== 0; rest &= rest - 1) {
      const voxel = 8 * byte + 31 - Math.clz32(rest & -rest);
      i += voxel % ni;
      j += Math.floor(voxel / ni) % nj;
      k += Math.floor(voxel / (ni * nj));
      count++;
    }
  }
  return [i / count, j / count, k / count];
}

/** Throws `ExportMismatchError` unless the table says of every mask what counting voxel by voxel says. */
export function readVolumes(bytes: Uint8Array, { masks, grid }: ExportRequest): number[] {
  const [head, ...rows] = parseCsv(new TextDecoder().decode(bytes));
  const wanted = [columns, ...byLabel(masks).map((mask) => measured(mask, grid))];
  if (JSON.stringify([head, ...rows]) !== JSON.stringify(wanted)) {
    throw new ExportMismatchError(
      `The table says ${JSON.stringify(rows)}: ${JSON.stringify(wanted.slice(1))} is it here`,
    );
  }
  return masks.map((mask) => voxelsOf(mask, grid.size));
}

function measured({ label, value, name, bits }: ExportMask, { size, affine }: ExportRequest["grid"]): string[] {
  const [ni, nj, nk] = size;
  const [lo, hi, sum] = [[...size], [0, 0, 0], [0, 0, 0]];
  let count = 0;
  for (let at = 0; at < ni * nj * nk; at++) {
    // Most of a volume is background.
    if (at % 8 === 0 && bits[at / 8] === 0) at += 7;
    else if (getBit(bits, at) === 1) {
      count++;
      const voxel = [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))];
      for (let axis = 0; axis < 3; axis++) {
        lo[axis] = Math.min(lo[axis], voxel[axis]);
        hi[axis] = Math.max(hi[axis], voxel[axis] + 1);
        sum[axis] += voxel[axis];
      }
    }
  }
  const centre = voxelToWorld(affine, [sum[0] / count, sum[1] / count, sum[2] / count]);
  const place =
    count === 0
      ? Array<string>(9).fill("")
      : [...lo.flatMap((low, axis) => [low, hi[axis]]).map(String), ...centre.map((mm) => mm.toFixed(3))];
  return [String(label), String(value), name, String(count), millilitres(count, affine), ...place];
}

function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, open, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(open === undefined ? plain : open.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
    if (end === "") break;
  }
  return rows.slice(0, -1);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function byLabel(masks: readonly ExportMask[]): ExportMask[] {
  return [...masks].sort((a, b) => a.label - b.label);
}

function voxelsOf({ bits }: ExportMask, [ni, nj, nk]: Vec3): number {
  return countBits(bits, 0, ni * nj * nk);
}
