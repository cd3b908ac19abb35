import {
  createSegmenter,
  encodeState,
  type Prompt,
  prepareImage,
  type Segmenter,
  type SegmenterOptions,
} from "../src/index.ts";
import { stubModel } from "../src/testing.ts";
import { smallSettings, smallVolume } from "./small-scene.ts";

const smallImage = prepareImage(smallVolume(4));

type PointPrompt = Extract<Prompt, { kind: "point" }>;

/** In one blob of `smallImage`, and in another. */
export const point: PointPrompt = { kind: "point", voxel: [12, 20, 9], positive: true };
export const elsewhere: PointPrompt = { kind: "point", voxel: [25, 7, 30], positive: true };

/** Of `smallImage` by the stub network, unless something else is asked for. */
export function open(options: Partial<SegmenterOptions> = {}): Segmenter {
  return createSegmenter({ image: smallImage, model: stubModel(smallSettings), ...options });
}

/** Everything that can be seen or saved of a segmenter. */
export function snapshot(segmenter: Segmenter) {
  const { voxels, prompts, intensity, undoable, redoable } = segmenter;
  const saved = encodeState(segmenter.state());
  return { mask: segmenter.mask.slice(), voxels, prompts, intensity, undoable, redoable, saved };
}

/** The same, but for what history knows. */
export function visible(segmenter: Segmenter) {
  const { mask, voxels, prompts, intensity } = snapshot(segmenter);
  return { mask, voxels, prompts, intensity, now: segmenter.state().now.queued };
}
