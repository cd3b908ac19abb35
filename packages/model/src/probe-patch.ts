import type { ModelSettings, Patch } from "@septum/segment";
import type { Vec3 } from "@septum/volume";

/**
 * A small scene to try a device with: a bright ball in noise, a positive prompt at its centre. The same on every call, so
 * that two providers can be compared.
 */
export function probePatch(size: Vec3, { channels }: Pick<ModelSettings, "channels">): Patch {
  const [n0, n1, n2] = size;
  const voxels = n0 * n1 * n2;
  const image = new Float32Array(voxels);
  const radius = Math.min(...size) / 4;
  let seed = 1;
  for (let a = 0, at = 0; a < n0; a++) {
    for (let b = 0; b < n1; b++) {
      for (let c = 0; c < n2; c++, at++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        const distance = Math.hypot(a - n0 / 2, b - n1 / 2, c - n2 / 2);
        image[at] = (distance < radius ? 100 : 0) + 20 * (seed / 2 ** 32);
      }
    }
  }
  const centre = ((n0 >> 1) * n1 + (n1 >> 1)) * n2 + (n2 >> 1);
  const [positive] = channels.points ?? channels.scribble ?? [];
  return {
    size,
    image,
    mean: 16,
    std: 25,
    previous: new Uint16Array(voxels),
    promptIndex: Int32Array.from(positive === undefined ? [] : [positive * voxels + centre]),
    promptValue: Float32Array.from(positive === undefined ? [] : [1]),
  };
}
