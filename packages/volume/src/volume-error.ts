/** What went wrong, for callers that choose a status, an exit code or a hint. */
export type VolumeErrorCode =
  /** The bytes are no NIfTI file at all. */
  | "not-nifti"
  /** The bytes are no NRRD file. */
  | "not-nrrd"
  /** A NRRD file whose voxels are elsewhere, or packed or ordered in a way that is not read. */
  | "unsupported-nrrd"
  /** An Analyze 7.5 header, the format before NIfTI: it has no orientation. */
  | "analyze"
  /** A `.hdr` without its `.img`, or two files that do not belong together. */
  | "not-a-pair"
  /** The file, unpacked, ends before the voxels its header promises. */
  | "truncated"
  /** The gzip container cannot be unpacked to its end: cut off, or broken. */
  | "damaged"
  /** Far more data than the header promises. */
  | "excess-data"
  /** Colour, complex, wider than 64 bit, or a code that means nothing. */
  | "unsupported-dtype"
  | "bad-dimensions"
  | "bad-offset"
  | "bad-scaling"
  | "bad-affine"
  /** The voxels would take more memory than allowed. */
  | "too-large"
  /** 4D or more with several volumes, and none was chosen. */
  | "several-volumes"
  | "no-such-frame"
  /** The parts of a volume handed in do not fit each other. */
  | "bad-volume";

/** Refusal of a file or a volume, with a message fit for the person who brought it. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
  readonly code: VolumeErrorCode;

  constructor(code: VolumeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
