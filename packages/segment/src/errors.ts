/** What went wrong, by what the caller can do about it. */
export type SegmentErrorTag =
  /** The image cannot be segmented: all zero, constant, or not finite. */
  | "ImageUnusable"
  /** A prompt lies outside the volume: place it inside. */
  | "PromptOutsideVolume"
  /** A box of no extent, a scribble or lasso without a voxel: draw something. */
  | "PromptEmpty"
  /** A prompt that contradicts itself, such as a mask that does not fit its box: fix the caller. */
  | "PromptInvalid"
  /** The object has nothing that could be edited so: choose another edit, or other numbers for it. */
  | "EditInvalid"
  /** The model was not trained on this kind of prompt: use another kind. */
  | "PromptUnsupported"
  /** Another call on the same segmenter is still running: wait for it. */
  | "SegmenterBusy"
  /** A saved state that is broken, from another version, or of another volume. */
  | "StateUnusable";

/** Every error this package throws itself. Errors of the model and abort reasons pass through unchanged. */
export class SegmentError extends Error {
  readonly tag: SegmentErrorTag;

  constructor(tag: SegmentErrorTag, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SegmentError";
    this.tag = tag;
  }
}

/** Whether `error` is a `SegmentError`, with one of the given tags if any are given. */
export function isSegmentError(error: unknown, ...tags: SegmentErrorTag[]): error is SegmentError {
  return error instanceof SegmentError && (tags.length === 0 || tags.includes(error.tag));
}
