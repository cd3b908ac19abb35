import type { ModelSettings, Patch } from "@septum/segment";
import { PassFailed } from "./errors.ts";
import { givenChannels } from "./likeness-graph.ts";

/** Refuses a patch that does not fit the network before it reaches native code. Throws `PassFailed`. */
export function checkPatch(patch: Patch, settings: ModelSettings): void {
  const { patchSize } = settings;
  const { size, image, mean, std, previous, promptIndex, promptValue } = patch;
  if (size.some((edge, axis) => edge !== patchSize[axis])) {
    throw new PassFailed(
      `Cannot run a patch of [${size.join(", ")}]: the model's patch size is [${patchSize.join(", ")}]`,
    );
  }
  const voxels = size[0] * size[1] * size[2];
  if (image.length !== voxels || previous.length !== voxels) {
    throw new PassFailed(
      `Cannot run a patch with ${image.length} image and ${previous.length} mask voxels: ${voxels} are expected`,
    );
  }
  if (promptIndex.length !== promptValue.length) {
    throw new PassFailed(
      `Cannot run a patch with ${promptIndex.length} prompt positions and ${promptValue.length} values`,
    );
  }
  if (!Number.isFinite(mean) || !(std > 0 && std < Number.POSITIVE_INFINITY)) {
    throw new PassFailed(`Cannot normalise by mean ${mean} and standard deviation ${std}`);
  }
  const channels = givenChannels(settings);
  const end = channels * voxels;
  for (const position of promptIndex) {
    if (position < 0 || position >= end) {
      throw new PassFailed(`Cannot set a prompt at position ${position}: there are ${channels} × ${voxels} voxels`);
    }
  }
}
