import { fromHalfBits } from "@septum/volume";
import type { ModelSettings, Patch } from "./model.ts";

/** A patch as the network's input channels, for stub networks and comparisons. */
export interface DenseChannels {
  /** float32[voxels]: the normalised image. */
  readonly image: Float32Array;
  /** The interaction channels as the model numbers them, the previous mask included; float32[voxels] each. */
  readonly channels: readonly Float32Array[];
}

/** Unpacks a patch the way the network's own first step does. All arrays are C-ordered `[k, j, i]`. */
export function denseChannels(patch: Patch, settings: ModelSettings): DenseChannels {
  const voxels = patch.size[0] * patch.size[1] * patch.size[2];
  const { mean, std } = patch;
  const image = new Float32Array(voxels);
  for (let n = 0; n < voxels; n++) image[n] = Math.fround(patch.image[n] - mean) / std;
  const channels = Array.from({ length: settings.interactionChannels }, () => new Float32Array(voxels));
  const previous = channels[settings.channels.previous];
  for (let n = 0; n < voxels; n++) if (patch.previous[n] !== 0) previous[n] = fromHalfBits(patch.previous[n]);
  for (let n = 0; n < patch.promptIndex.length; n++) {
    const at = patch.promptIndex[n];
    channels[Math.floor(at / voxels)][at % voxels] = patch.promptValue[n];
  }
  return { image, channels };
}
