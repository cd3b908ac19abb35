import { type Box, boxSize, clipBox, isEmptyBox } from "@septum/volume";
import { swapAxes } from "./engine-space.ts";
import type { PreparedImage } from "./image.ts";
import type { Patch } from "./model.ts";

/** The image of a patch. */
export type ImagePart = Pick<Patch, "image" | "mean" | "std">;

/**
 * The image at full resolution over `box` (engine axes), in the file's values; the network normalises them. Outside the
 * volume it is the mean, which becomes 0.
 */
export function cutImage(image: PreparedImage, box: Box): ImagePart {
  const size = swapAxes(image.volume.size);
  const [d0, d1, d2] = boxSize(box);
  const out = new Float32Array(d0 * d1 * d2);
  const inside = clipBox(box, size);
  if (isEmptyBox(inside) || boxSize(inside).some((length, axis) => length < [d0, d1, d2][axis])) out.fill(image.mean);
  if (!isEmptyBox(inside)) {
    const [[a0, a1], [b0, b1], [c0, c1]] = inside;
    for (let a = a0; a < a1; a++) {
      for (let b = b0; b < b1; b++) {
        const to = c0 - box[2][0] + d2 * (b - box[1][0] + d1 * (a - box[0][0]));
        copyRow(image, c0 + size[2] * (b + size[1] * a), c1 - c0, out, to);
      }
    }
  }
  return { image: out, mean: image.mean, std: image.std };
}

/** Copies stored voxels as values; writing into `out` rounds them to float32. */
function copyRow(image: PreparedImage, from: number, count: number, out: Float32Array, at: number): void {
  const { data } = image.volume;
  const { slope, intercept } = image.volume.scaling;
  for (let n = 0; n < count; n++) out[at + n] = slope * data[from + n] + intercept;
}
