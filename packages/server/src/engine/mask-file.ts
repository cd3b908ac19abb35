import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import {
  type Affine,
  type Box,
  boxSize,
  boxVoxels,
  type FoundSegment,
  isNrrd,
  orientation,
  readNifti,
  readNiftiHeader,
  readNrrdHeader,
  readSegNrrd,
  type Scaling,
  spacing,
  uniteBoxes,
  type Vec3,
  type VoxelArray,
} from "@septum/volume";
import { planAxes } from "./axis-plan.ts";
import { nodeGunzip } from "./decode.ts";
import { bytesPerValue } from "./value-bytes.ts";

export interface MaskFileRequest {
  readonly path: string;
  /** Of the image that the masks are for. */
  readonly size: Vec3;
  readonly affine: Affine;
}

/** Objects of a file on the grid of an image. Plain data, for any thread. */
export interface MaskFile {
  /** In shared memory: `data[layer * voxels + i + ni * (j + nj * k)]`. */
  readonly data: Uint16Array;
  readonly size: Vec3;
  /** With at least one voxel, in the file's order. */
  readonly labels: readonly FileLabel[];
}

export interface FileLabel {
  readonly value: number;
  readonly layer: number;
  readonly voxels: number;
  /** Around all its voxels. */
  readonly box: Box;
  readonly name?: string;
  /** `#rrggbb` */
  readonly color?: string;
  readonly state?: "todo" | "in_progress" | "done";
}

/** The file can be read, but not as masks of this image. */
export class MaskFileError extends Error {
  override readonly name = "MaskFileError";
  readonly tag: "OtherGrid" | "Unusable";

  constructor(tag: "OtherGrid" | "Unusable", message: string) {
    super(message);
    this.tag = tag;
  }
}

/** Most that the numbers of a file may take for every voxel of the image: eight layers of uint16. */
const mostBytesPerVoxel = 16;

const highestValue = 65535;

/** Scaled whole numbers come out whole up to rounding. */
const wholeWithin = 1e-4;

const stateOf = { notstarted: "todo", inprogress: "in_progress", completed: "done" } as const;

/**
 * Reads a label map (NIfTI, `.nrrd`) or a segmentation (`.seg.nrrd`) that lies on the image's grid, whatever the order and
 * direction of its axes. No more memory is taken than the image's size allows.
 *
 * @throws {VolumeError} when it cannot be read
 * @throws {MaskFileError} `OtherGrid`, `Unusable`
 */
export async function readMaskFile({ path, size, affine }: MaskFileRequest): Promise<MaskFile> {
  const header = await readMaskHeader(path);
  // Before the voxels: a file of another image may be of any size.
  const plan = planOf(header, { size, affine });
  const options = { gunzip: nodeGunzip, maxBytes: mostBytesPerVoxel * size[0] * size[1] * size[2] };
  if (header.nrrd) {
    const file = await readSegNrrd(bytesOf(path), options);
    const layers = Array.from({ length: file.layers }, (_, first) => ({ data: file.data, first, stride: file.layers }));
    return collect(layers, plain, plan, size, file.segments);
  }
  const { volume } = await readNifti(bytesOf(path), options);
  return collect([{ data: volume.data, first: 0, stride: 1 }], volume.scaling, plan, size, []);
}

/** What a file of masks says of itself before its voxels. */
export interface MaskHeader extends Grid {
  readonly nrrd: boolean;
  readonly dtype: string;
  readonly layers: number;
}

/** @throws {VolumeError} when there is no header to read */
export async function readMaskHeader(path: string, signal?: AbortSignal): Promise<MaskHeader> {
  if (isNrrd(await startOf(path))) return { nrrd: true, ...(await readNrrdHeader(bytesOf(path), { signal })) };
  return { nrrd: false, layers: 1, ...(await readNiftiHeader(bytesOf(path), { signal, gunzip: nodeGunzip })) };
}

/** Most memory that it takes to read masks with such a header and to cut one of them out, for every voxel of the image. */
export function maskBytesPerVoxel({ dtype, layers }: Pick<MaskHeader, "dtype" | "layers">): number {
  const read = Math.min(mostBytesPerVoxel, layers * bytesPerValue(dtype));
  return read + 2 * Math.min(mostBytesPerVoxel, layers) + 1;
}

function bytesOf(path: string) {
  return createReadStream(path, { highWaterMark: 2 ** 20 });
}

const plain: Scaling = { slope: 1, intercept: 0 };

async function startOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(8), 0, 8, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

type Grid = Pick<MaskFileRequest, "size" | "affine">;

function planOf(file: Grid, image: Grid) {
  const plan = planAxes(file, image);
  if (plan) return plan;
  const say = ({ size, affine }: Grid) => {
    const [x, y, z] = [affine[3], affine[7], affine[11]].map(short);
    const edges = spacing(affine).map(short).join(" × ");
    return `${size.join(" × ")} voxels of ${edges} mm, ${orientation(affine)}, from [${x}, ${y}, ${z}] on`;
  };
  throw new MaskFileError(
    "OtherGrid",
    `The mask does not lie on the scan's voxels: it has ${say(file)}; the scan has ${say(image)}. Resample it to the scan first`,
  );
}

function short(value: number): number {
  return Number(value.toFixed(3));
}

interface Layer {
  readonly data: VoxelArray;
  readonly first: number;
  readonly stride: number;
}

function collect(
  layers: readonly Layer[],
  { slope, intercept }: Scaling,
  plan: NonNullable<ReturnType<typeof planAxes>>,
  size: Vec3,
  segments: readonly FoundSegment[],
): MaskFile {
  const [ni, nj, nk] = size;
  const voxels = ni * nj * nk;
  const out = new Uint16Array(new SharedArrayBuffer(2 * voxels * layers.length));
  const labels: FileLabel[] = [];
  const [di, dj, dk] = plan.strides;
  for (const [layer, { data, first, stride }] of layers.entries()) {
    const found = createTally();
    let at = layer * voxels;
    for (let k = 0; k < nk; k++) {
      for (let j = 0; j < nj; j++) {
        let from = first + stride * (plan.start + j * dj + k * dk);
        for (let i = 0; i < ni; i++, at++, from += stride * di) {
          const raw = data[from];
          if (raw === 0 && intercept === 0) continue;
          const scaled = slope * raw + intercept;
          const value = Math.round(scaled);
          if (!(Math.abs(scaled - value) <= wholeWithin) || value < 0 || value > highestValue) {
            throw notWhole([i, j, k], scaled);
          }
          if (value === 0) continue;
          out[at] = value;
          found.add(value, i, j, k);
        }
      }
    }
    labels.push(...found.list().map((label) => ({ ...label, layer })));
  }
  const named = segments.length === 0 ? labels : segments.flatMap((segment) => describe(segment, labels));
  if (named.length === 0) throw new MaskFileError("Unusable", "The file has no object in it: every voxel is 0");
  return { data: out, size, labels: named };
}

function describe({ value, layer, name, color, status }: FoundSegment, labels: readonly FileLabel[]): FileLabel[] {
  const found = labels.find((label) => label.value === value && label.layer === layer);
  return found ? [{ ...found, name, color, state: status && stateOf[status] }] : [];
}

function notWhole(voxel: Vec3, value: number): MaskFileError {
  return new MaskFileError(
    "Unusable",
    `Voxel [${voxel.join(", ")}] of the file is ${value}: a label map has whole numbers from 0 to ${highestValue}`,
  );
}

/** Counts the voxels of every value, and the box around them. */
function createTally() {
  const counts = new Uint32Array(highestValue + 1);
  const low = new Uint32Array(3 * counts.length).fill(2 ** 32 - 1);
  const high = new Uint32Array(3 * counts.length);
  return {
    add(value: number, i: number, j: number, k: number): void {
      counts[value]++;
      const at = 3 * value;
      if (i < low[at]) low[at] = i;
      if (i >= high[at]) high[at] = i + 1;
      if (j < low[at + 1]) low[at + 1] = j;
      if (j >= high[at + 1]) high[at + 1] = j + 1;
      if (k < low[at + 2]) low[at + 2] = k;
      if (k >= high[at + 2]) high[at + 2] = k + 1;
    },
    list(): Omit<FileLabel, "layer">[] {
      const labels: Omit<FileLabel, "layer">[] = [];
      for (let value = 1; value < counts.length; value++) {
        if (counts[value] === 0) continue;
        const range = (axis: number) => [low[3 * value + axis], high[3 * value + axis]] as const;
        labels.push({ value, voxels: counts[value], box: [range(0), range(1), range(2)] });
      }
      return labels;
    },
  };
}

/** A mask over `box`, one byte per voxel, `i` fastest. */
export interface CutMask {
  readonly mask: Uint8Array;
  readonly box: Box;
}

/** One object of a file, or all of them as one. In shared memory. */
export function cutLabels({ data, size }: MaskFile, labels: readonly FileLabel[]): CutMask {
  const box = labels.reduce<Box | undefined>((hull, label) => uniteBoxes(hull, label.box), undefined) as Box;
  const mask = new Uint8Array(new SharedArrayBuffer(boxVoxels(box)));
  for (const label of labels) paint(mask, box, data, size, label);
  return { mask, box };
}

function paint(mask: Uint8Array, box: Box, data: Uint16Array, [ni, nj, nk]: Vec3, label: FileLabel): void {
  const { value, layer } = label;
  const [wide, high] = boxSize(box);
  const [[i0, i1], [j0, j1], [k0, k1]] = label.box;
  for (let k = k0; k < k1; k++) {
    for (let j = j0; j < j1; j++) {
      let from = layer * ni * nj * nk + i0 + ni * (j + nj * k);
      let at = i0 - box[0][0] + wide * (j - box[1][0] + high * (k - box[2][0]));
      for (let i = i0; i < i1; i++, from++, at++) if (data[from] === value) mask[at] = 1;
    }
  }
}
