import { gzipSync } from "node:zlib";
import { createClient } from "@septum/protocol";
import { unpackBits, type Vec3, writeNifti } from "@septum/volume";

/** `[i, j, k]`; no two alike. */
export const size: Vec3 = [22, 18, 14];
export const voxels = size[0] * size[1] * size[2];

/** Voxel values, `i` fastest, which is the C order of `A[k, j, i]`: a ball off the centre of every octant, and noise. */
export const values: readonly number[] = Array.from({ length: voxels }, (_, n) => {
  const place = [n % size[0], Math.floor(n / size[0]) % size[1], Math.floor(n / size[0] / size[1])];
  const octant = place.map((index, axis) => (2 * index < size[axis] ? 0 : 1));
  const centre = octant.map((half, axis) => size[axis] * (0.2 + 0.5 * half) + axis);
  const distance = Math.hypot(...place.map((index, axis) => index - centre[axis]));
  const noise = ((n * 7919) % 61) - 30;
  return noise + (distance < 3 ? 400 + 100 * (octant[0] + 2 * octant[1] + 4 * octant[2]) : -200);
});

/** LPS, as ITK has it: spacing, origin and row-major directions of a grid whose axes are swapped and turned. */
export const spacing: Vec3 = [0.8, 1.1, 2.5];
export const origin: Vec3 = [12, -34, 56];
export const direction = [0, 1, 0, -1, 0, 0, 0, 0, 1];

/** The same grid, voxel to RAS. */
export const affine = [0, -1.1, 0, -12, 0.8, 0, 0, 34, 0, 0, 2.5, 56, 0, 0, 0, 1];

/** The scan as `.nii.gz`. */
export function scan(): Buffer {
  const volume = { data: Int16Array.from(values), size, affine, scaling: { slope: 1, intercept: 0 } };
  const { header, data } = writeNifti(volume);
  return gzipSync(Buffer.concat([header, data]));
}

export const positive: Vec3 = [6, 5, 4];
export const negative: Vec3 = [15, 12, 9];

/** A lasso on an axial slice: all voxels of a rectangle. Half-open, `[i, j, k]`. */
export const lasso = [
  [3, 10],
  [4, 9],
  [5, 6],
] as const;

/** One value per voxel: 1 inside the lasso. */
export function lassoMask(): Uint8Array {
  const mask = new Uint8Array(voxels);
  for (let k = lasso[2][0]; k < lasso[2][1]; k++) {
    for (let j = lasso[1][0]; j < lasso[1][1]; j++) {
      for (let i = lasso[0][0]; i < lasso[0][1]; i++) mask[i + size[0] * (j + size[1] * k)] = 1;
    }
  }
  return mask;
}

/** The masks, one byte per voxel, after each step of the story, told to the session's own API. */
export interface Story {
  readonly afterPoint: Uint8Array;
  /** The point, then the one that does not belong to the object. */
  readonly afterBoth: Uint8Array;
  /** Both, then the lasso. */
  readonly afterLasso: Uint8Array;
}

export async function tellStory(url: string): Promise<Story> {
  const client = createClient({ baseUrl: url });
  await client.upload(new Blob([Uint8Array.from(scan())]));
  const mask = async () => {
    const frame = await client.mask({ label: 1 });
    return unpackBits(frame.data as Uint8Array, voxels);
  };
  await client.prompt(1, { kind: "point", voxel: [...positive], positive: true });
  const afterPoint = await mask();
  await client.prompt(1, { kind: "point", voxel: [...negative], positive: false });
  const afterBoth = await mask();
  const [[i0, i1], [j0, j1], [k0]] = lasso;
  // Columns of an axial slice are counted along j, rows along i.
  const corners: [number, number][] = [
    [j0, i0],
    [j0, i1 - 1],
    [j1 - 1, i1 - 1],
    [j1 - 1, i0],
  ];
  await client.prompt(1, { kind: "lasso", axis: 2, slice_index: k0, points: corners, positive: true });
  const afterLasso = await mask();
  await client.deleteSession(client.sessionId as string);
  return { afterPoint, afterBoth, afterLasso };
}
