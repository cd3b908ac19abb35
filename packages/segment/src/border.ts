import type { Vec3 } from "@septum/volume";
import type { ModelSettings } from "./model.ts";

/**
 * Whether the object changed at the patch's border, so that it may go on outside (spec §6.4). For each of the six faces:
 * many voxels differ from the previous mask, or some do and the object's area there changed by a fair share.
 *
 * `prediction` has one byte per voxel, C order, 0 or 1; `previous` gives the earlier mask at a patch voxel.
 */
export function borderChanged(
  prediction: Uint8Array,
  previous: (a: number, b: number, c: number) => number,
  size: Vec3,
  limits: ModelSettings["borderChange"],
): boolean {
  for (let axis = 0; axis < 3; axis++) {
    for (const at of [0, size[axis] - 1]) {
      const face = compareFace(prediction, previous, size, axis, at);
      if (face.different > limits.absolute) return true;
      const [more, less] = [Math.max(face.before, face.after), Math.min(face.before, face.after)];
      if (face.different > limits.minimum && more / Math.max(less, 1e-5) - 1 > limits.relative) return true;
    }
  }
  return false;
}

function compareFace(
  prediction: Uint8Array,
  previous: (a: number, b: number, c: number) => number,
  size: Vec3,
  axis: number,
  at: number,
): { before: number; after: number; different: number } {
  const range = (a: number) => (a === axis ? [at, at + 1] : [0, size[a]]);
  const [[a0, a1], [b0, b1], [c0, c1]] = [range(0), range(1), range(2)];
  let [before, after, different] = [0, 0, 0];
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) {
      for (let c = c0; c < c1; c++) {
        const was = previous(a, b, c);
        const is = prediction[c + size[2] * (b + size[1] * a)];
        before += was;
        after += is;
        if (was !== is) different++;
      }
    }
  }
  return { before, after, different };
}
