import type { Box, Vec3 } from "@septum/volume";
import { cutImage } from "./cut-image.ts";
import type { PreparedImage } from "./image.ts";
import type { MaskRows } from "./mask-rows.ts";
import type { ModelSettings, Patch } from "./model.ts";
import { averageMask, cutMasks } from "./previous-mask.ts";
import { promptEntries } from "./prompt-channels.ts";
import type { Drawable } from "./prompt-drawing.ts";
import { type View, viewAt } from "./view.ts";
import { zoomImage } from "./zoom-image.ts";

/** What patches are cut from. `size` is the volume's, engine axes. */
export interface Scene {
  readonly image: PreparedImage;
  readonly size: Vec3;
  readonly settings: ModelSettings;
  readonly prompts: readonly Drawable[];
  /** What the prompts are divided by (spec §5.1). */
  readonly intensity: number;
  /** The mask before this prediction. */
  readonly previous: MaskRows;
}

/** What the network sees of a view (spec §6.1). */
export function viewPatch(scene: Scene, view: View): Patch {
  const { image, size, settings, prompts, intensity, previous } = scene;
  return {
    size: view.patchSize,
    ...(view.unscaled ? cutImage(image, view.box) : zoomImage(image, view)),
    previous: view.unscaled ? cutMasks([previous], view.box) : averageMask(previous, view, size),
    ...promptEntries(prompts, view, settings, intensity),
  };
}

/** What the network sees of one refinement box; `masks` in the order in which they cover each other (spec §6.8). */
export function refinementPatch(scene: Scene, box: Box, masks: readonly MaskRows[]): Patch {
  const { image, settings, prompts, intensity } = scene;
  const view: View = { ...viewAt([0, 0, 0], 1, settings.patchSize), box };
  return {
    size: settings.patchSize,
    ...cutImage(image, box),
    previous: cutMasks(masks, box),
    ...promptEntries(prompts, view, settings, intensity),
  };
}
