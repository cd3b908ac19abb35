import { bitBytes, countBits, readSegNrrd, type Vec3, wholeWords, writeSegNrrdHeader } from "@septum/volume";
import { nodeGunzip } from "../decode.ts";
import { gzip } from "../gzip.ts";
import { compareGrids, compareVoxels } from "./compare.ts";
import { type ExportMask, ExportMismatchError, type ExportRequest } from "./exported.ts";

const packingLevel = 6;

const statusOf = { todo: "notstarted", in_progress: "inprogress", done: "completed" } as const;

/** A `.seg.nrrd` of all masks, overlaps and all: each in the first layer where it has room. */
export async function writeSegNrrd(masks: readonly ExportMask[], { grid }: Pick<ExportRequest, "grid">) {
  const { size, affine } = grid;
  const layers = layersOf(masks, size);
  const dtype = masks.some(({ value }) => value > 255) ? "uint16" : "uint8";
  const byLabel = [...masks].sort((a, b) => a.label - b.label);
  const header = writeSegNrrdHeader({
    size,
    affine,
    layers: layers.length,
    dtype,
    segments: byLabel.map((mask) => ({
      id: `Segment_${mask.label}`,
      name: mask.name,
      color: mask.color,
      value: mask.value,
      layer: layers.findIndex((layer) => layer.includes(mask)),
      status: statusOf[mask.state],
    })),
  });
  const numbers = layers.length * size[0] * size[1] * size[2];
  const data = dtype === "uint8" ? new Uint8Array(numbers) : new Uint16Array(numbers);
  for (const [first, layer] of layers.entries()) {
    for (const mask of layer) paint(data, mask, first, layers.length);
  }
  const voxels = await gzip([new Uint8Array(data.buffer)], packingLevel);
  const file = new Uint8Array(header.length + voxels.length);
  file.set(header);
  file.set(voxels, header.length);
  return file;
}

/** Writes the mask's value to every `stride`-th number from `first` on where it has a voxel. */
function paint(data: Uint8Array | Uint16Array, { bits, value }: ExportMask, first: number, stride: number): void {
  for (let byte = 0; byte < bits.length; byte++) {
    for (let rest = bits[byte]; rest !== 0; rest &= rest - 1) {
      data[first + stride * (8 * byte + 31 - Math.clz32(rest & -rest))] = value;
    }
  }
}

/** Largest first, so that readers who know the first layer alone see most. */
function layersOf(masks: readonly ExportMask[], [ni, nj, nk]: Vec3): ExportMask[][] {
  const bytes = Math.ceil(bitBytes(ni * nj * nk) / 4) * 4;
  const layers: { readonly masks: ExportMask[]; readonly taken: Uint32Array }[] = [];
  const bits = new Uint8Array(bytes);
  const words = wholeWords(bits) as Uint32Array;
  const voxels = new Map(masks.map((mask) => [mask, countBits(mask.bits, 0, ni * nj * nk)]));
  for (const mask of masks.toSorted((a, b) => (voxels.get(b) ?? 0) - (voxels.get(a) ?? 0))) {
    bits.set(mask.bits);
    const free = layers.find(({ taken }) => !meet(taken, words));
    const layer = free ?? { masks: [], taken: new Uint32Array(words.length) };
    if (!free) layers.push(layer);
    layer.masks.push(mask);
    for (let n = 0; n < words.length; n++) layer.taken[n] |= words[n];
  }
  return layers.length === 0 ? [[]] : layers.map(({ masks }) => masks);
}

function meet(a: Uint32Array, b: Uint32Array): boolean {
  for (let n = 0; n < a.length; n++) if ((a[n] & b[n]) !== 0) return true;
  return false;
}

/** Reads such a file again. Returns the voxels of each mask in it. Throws `ExportMismatchError`. */
export async function readSegNrrdAgain(
  bytes: Uint8Array,
  masks: readonly ExportMask[],
  grid: ExportRequest["grid"],
): Promise<number[]> {
  const file = await readSegNrrd(chunk(bytes), { gunzip: nodeGunzip });
  compareGrids(file, grid);
  const found = new Map(file.segments.map((segment) => [segment.id, segment]));
  const say = (parts: readonly unknown[]) => JSON.stringify(parts);
  const placed = masks.map((mask) => {
    const segment = found.get(`Segment_${mask.label}`);
    const wanted = say([mask.name, mask.color, mask.value, statusOf[mask.state]]);
    const got = segment && say([segment.name, segment.color, segment.value, segment.status]);
    if (got !== wanted)
      throw new ExportMismatchError(`Segment ${mask.label} of the file is ${got}: ${wanted} is it here`);
    return { mask, layer: segment?.layer };
  });
  const counts = new Map<ExportMask, number>();
  for (let layer = 0; layer < file.layers; layer++) {
    const own = placed.filter((one) => one.layer === layer).map(({ mask }) => mask);
    const voxels = compareVoxels({ data: file.data, first: layer, stride: file.layers }, own, grid.size);
    for (const [n, mask] of own.entries()) counts.set(mask, voxels[n]);
  }
  const [ni, nj, nk] = grid.size;
  return masks.map((mask) => {
    const [got, wanted] = [counts.get(mask), countBits(mask.bits, 0, ni * nj * nk)];
    if (got === wanted) return wanted;
    throw new ExportMismatchError(
      `Segment ${mask.label} has ${got ?? "no"} voxels in its layer: ${wanted} were expected`,
    );
  });
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
