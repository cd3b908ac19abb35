import type { Vec3 } from "@septum/volume";

/** The kinds of prompt a network may have been trained on (`bbox3d` exists in the format; no official network has it). */
export type PromptKind = "points" | "bbox2d" | "bbox3d" | "scribble" | "lasso";

/** Network input channels of one kind of prompt, counted among the interaction channels (previous mask included). */
export type ChannelPair = readonly [positive: number, negative: number];

/**
 * What a model folder says about how its network wants to be used (`inference_info.json`, spec §1.3, and our `septum`
 * key, DESIGN §4). Negative channel indices are already resolved.
 */
export interface ModelSettings {
  /** Edge lengths of the patch in C order: `[k, j, i]`. */
  readonly patchSize: Vec3;
  /** Interaction channels including the previous mask (official: 7). */
  readonly interactionChannels: number;
  readonly channels: Readonly<Partial<Record<PromptKind, ChannelPair>>> & { readonly previous: number };
  /** The last interaction channels are made at the network's door, from the image and the prompts: no prompt goes there. */
  readonly likeness?: boolean;
  readonly supported: Readonly<Record<PromptKind, boolean>>;
  readonly supportsInitialMask: boolean;
  readonly pointRadius: number;
  /** In (0, 1]; 1 switches decay off. */
  readonly decay: number;
  /** Voxels on each side of a refinement box that do not count as covered (reference: 24). */
  readonly coverMargin: number;
  /** Every answer that fills one patch is shown to the network again, to be made better; the reference asks once. */
  readonly secondLook?: boolean;
  /**
   * The first look at a prompt sees at least so much, in millimetres, along every edge, and views are zoomed out towards cubes;
   * the reference, and 0, see a patch first, however fine the voxels, and zoom all axes alike.
   */
  readonly firstView?: number;
  /**
   * A prompt in a mask that a person made or loaded changes nothing farther from it than so many times the distance to the
   * mask's edge (`correctionReach`); the reference, and 0, set no limit.
   */
  readonly reach?: number;
  /** A point whose own voxel the network does not give its sign changes a ball there (`heeded`); the reference leaves it. */
  readonly heedsPoints?: boolean;
  /** When a face of the patch counts as changed (reference: 1500, 100, 0.2). */
  readonly borderChange: { readonly absolute: number; readonly minimum: number; readonly relative: number };
  /** For programs that draw prompts; the engine itself has no use for it. */
  readonly hints?: {
    /** Voxels along each axis that scribbles had in training. */
    readonly scribbleThickness: Vec3;
    /** Trained to correct masks that it did not make. */
    readonly refinesMasks: boolean;
  };
}

/**
 * What the network sees in one pass, in compact form. All volumes are C-ordered over the patch, `[k, j, i]`, and
 * `voxels = P0 * P1 * P2`. The buffers belong to the model once handed over (they may be transferred to a thread).
 */
export interface Patch {
  readonly size: Vec3;
  /** float32[voxels]; the network is fed `(image - mean) / std`, each step rounded to float32. */
  readonly image: Float32Array<ArrayBuffer>;
  readonly mean: number;
  readonly std: number;
  /** IEEE half bits, [voxels]: the previous mask, fractional when zoomed out. */
  readonly previous: Uint16Array<ArrayBuffer>;
  /**
   * Sparse prompt channels: flat positions `channel * voxels + voxel`, where `channel` counts the interaction channels
   * as the model numbers them (so the previous mask's channel never occurs). Each position at most once.
   */
  readonly promptIndex: Int32Array<ArrayBuffer>;
  /** float32, parallel to `promptIndex`: values after division by the intensity, exactly representable as half. */
  readonly promptValue: Float32Array<ArrayBuffer>;
}

/** The seam between the engine and whatever runs the network. */
export interface Model {
  readonly settings: ModelSettings;
  /**
   * One pass. Resolves to uint8[voxels], 1 where the object's logit is greater than the background's, C order.
   * Rejects with the signal's reason when aborted.
   */
  predict(
    patch: Patch,
    options?: { signal?: AbortSignal; pass?: "coarse" | "refine" },
  ): Promise<Uint8Array<ArrayBuffer>>;
}
