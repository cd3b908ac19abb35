import { type Box, boxSize, boxVoxels, readBits, type Vec3 } from "@septum/volume";

/** An object's mask over a whole volume, one bit per voxel, `i` fastest, lowest bit first. */
export interface LabelledMask {
  /** What its voxels become. */
  readonly label: number;
  readonly bits: Uint8Array;
}

/**
 * Merged label map over `box` of a volume of `size`, `i` fastest, 0 = background: one byte per voxel up to label 255, else
 * two. A voxel that several objects hold gets the label of the first of them.
 */
export function mergeLabels(
  masks: readonly LabelledMask[],
  size: Vec3,
  box: Box,
): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
  const voxels = boxVoxels(box);
  const out = masks.some(({ label }) => label > 255) ? new Uint16Array(voxels) : new Uint8Array(voxels);
  // The first is painted last.
  for (const mask of masks.toReversed()) paint(mask, size, box, out);
  return out;
}

function paint({ label, bits }: LabelledMask, [ni, nj]: Vec3, box: Box, out: Uint8Array | Uint16Array): void {
  const [di, dj, dk] = boxSize(box);
  const row = new Uint32Array(Math.ceil(di / 32));
  for (let k = 0; k < dk; k++) {
    for (let j = 0; j < dj; j++) {
      readBits(bits, box[0][0] + ni * (box[1][0] + j + nj * (box[2][0] + k)), di, row);
      const start = di * (j + dj * k);
      for (let n = 0; n < row.length; n++) {
        // From the lowest set bit up, so that background costs one comparison per 32 voxels.
        for (let word = row[n]; word !== 0; word &= word - 1)
          out[start + 32 * n + 31 - Math.clz32(word & -word)] = label;
      }
    }
  }
}
