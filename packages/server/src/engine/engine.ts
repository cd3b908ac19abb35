import type {
  Claim,
  MaskEdit,
  ModelSettings,
  PartsChange,
  Prompt,
  PromptEdit,
  SavedParts,
  Settlement,
} from "@septum/segment";
import type { Affine, Box, Scaling, Vec3 } from "@septum/volume";
import type { ExportedFile, ExportFormat, ExportSegment } from "./export/exported.ts";
import type { CutMask, FileLabel, MaskFile } from "./mask-file.ts";

/**
 * Everything heavy, off the event loop: decoding, preprocessing, patch building, the network, compression.
 *
 * The server's sessions call this interface and nothing below it; behind it are worker threads over shared memory and one
 * device thread that owns the network (DESIGN §5). All voxel coordinates are `[i, j, k]`, boxes half-open.
 */
export interface Engine {
  readonly model: ModelFacts;
  /** Median of the latest passes; before the first, what one at the start took. Null where that is not known. */
  readonly secondsPerPass: number | null;
  /** The queue's state now: passes waiting and running, by person. */
  readonly queue: { readonly waiting: number; readonly running: number };
  /**
   * Decodes a NIfTI file into shared memory. Throws `VolumeError`s of `@septum/volume` when the file cannot be read, and a
   * `SegmentError` (`ImageUnusable`) of `@septum/segment` when it can but not be segmented; messages are fit for the user.
   */
  openImage(path: string, options: OpenOptions): Promise<OpenImage>;
  /** Resolves when every thread that holds images, and one of those that read files, has answered. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A pass of the network that has ended, well or not. */
export interface EndedPass {
  /** Whose turn it took. */
  readonly owner: string;
  readonly stage: "coarse" | "refine";
  readonly secondsWaited: number;
  readonly secondsRun: number;
}

export interface ModelFacts {
  readonly name: string;
  readonly licence: string;
  readonly patchSize: Vec3;
  /** How the network wants to be used. */
  readonly settings: ModelSettings;
  readonly device: string;
  /** Every provider tried, in order, and why each one that failed did. */
  readonly providers: readonly { readonly name: string; readonly ok: boolean; readonly reason?: string }[];
  /** They were tried at an earlier start, and nothing has changed since that would change the outcome. */
  readonly remembered?: boolean;
}

export interface OpenOptions {
  readonly signal?: AbortSignal;
  /** Refuse before asking for memory when the voxels would take more. */
  readonly maxBytes: number;
  /** Which 3D volume of a 4D file; without it a file with several is refused, naming them. */
  readonly frame?: number;
}

export interface ImageInfo {
  readonly size: Vec3;
  readonly affine: Affine;
  readonly spacing: Vec3;
  /** Such as `RAS` or `LPS`: the direction in which each voxel axis grows. */
  readonly orientation: string;
  readonly dtype: string;
  readonly scaling: Scaling;
  /** Least and largest value after scaling. */
  readonly range: readonly [number, number];
  /** Lower and upper end of a good first window: 0.5 and 99.5 percentiles of the nonzero voxels. */
  readonly window: readonly [number, number];
}

/**
 * One decoded image and the objects segmented on it. Freed by `close`.
 *
 * Calls reject with `ImageLostError` when the image's thread died: the image is to be opened again from its file, and its
 * objects from what they saved.
 */
export interface OpenImage {
  readonly info: ImageInfo;
  /** Bytes of memory held: image, masks, prompts, history. */
  readonly bytes: number;
  /** Grey values 0–255 of one slice, rows = first remaining axis, columns = second. */
  slice(request: SliceRequest): Promise<{ readonly rows: number; readonly columns: number; readonly data: Uint8Array }>;
  /** The same as a PNG file. */
  slicePng(request: SliceRequest): Promise<Uint8Array>;
  /** The image as a NIfTI-1 file (gzip) that any viewer reads: one frame, a plain dtype, both forms written. */
  nifti(): Promise<Uint8Array>;
  /** The object with this label, created when there is none, or in its place a saved one. */
  object(label: number, saved?: SavedParts): Promise<SegmentObject>;
  /** Forgets the object and its memory. */
  removeObject(label: number): void;
  /**
   * After a change of this object: it gives back what it gained of those that keep theirs, and may take what it gained of the
   * others, each of which goes one step of its history.
   */
  settle(label: number, beside: Beside): Promise<Settlement>;
  /** Merged label map of the given objects over `box` (default: whole); where two overlap, the earlier of the list wins. */
  labelMap(labels: readonly number[], box?: Box): Promise<LabelMap>;
  /** The merged label map as `.nii.gz` with the source's geometry, each object by its value: uint8 up to 255, else uint16. */
  labelNifti(labels: readonly { readonly label: number; readonly value: number }[]): Promise<Uint8Array>;
  /**
   * Reads a file of masks that lies on the image's voxels. Throws `VolumeError`s of `@septum/volume` when it cannot be read,
   * `MaskFileError` when it is of another image or holds no masks; messages are fit for the user.
   */
  readMasks(path: string, signal?: AbortSignal): Promise<MaskFile>;
  /** One object of such a file, or several as one, as an initial mask. */
  cutMask(file: MaskFile, labels: readonly FileLabel[]): Promise<CutMask>;
  /**
   * A file of the given objects, which win a voxel that several have in their order; read again and compared with the masks.
   * Throws `ExportMismatchError` when it does not say what they say.
   */
  exportFile(format: ExportFormat, segments: readonly ExportSegment[]): Promise<ExportedFile>;
  close(): void;
}

/** The other objects of an image, and what of theirs one that changes may have. */
export interface Beside extends Claim {
  readonly others: readonly { readonly label: number; readonly locked: boolean }[];
}

export interface SliceRequest {
  /** 0 = sagittal (fixed i), 1 = coronal (fixed j), 2 = axial (fixed k). */
  readonly axis: 0 | 1 | 2;
  readonly index: number;
  /** Window width and level in values after scaling; both or neither. */
  readonly window?: { readonly width: number; readonly level: number };
}

export interface LabelMap {
  readonly box: Box;
  /** One byte or two per voxel of `box`, `i` fastest. */
  readonly data: Uint8Array | Uint16Array;
}

/** One object (segment) of an image: its prompts, its mask, its history. */
export interface SegmentObject {
  readonly label: number;
  readonly voxels: number;
  readonly prompts: number;
  /** Steps that `undo` and `redo` can go; the oldest are forgotten when they take too much memory. */
  readonly undoable: number;
  readonly redoable: number;
  /**
   * Adds one prompt and, unless `predict` is false, predicts. All or nothing: after an error or an abort the object is as
   * it was. Passes wait in the device queue under `owner`. A prompt's mask is copied unless it lies in shared memory.
   */
  apply(prompt: Prompt, options: ApplyOptions): Promise<Applied>;
  /**
   * Predicts from the prompts that were added without it, as a part of the last one's step to undo or as one of its own. No
   * passes when none waits. All or nothing, as `apply` is.
   */
  predict(options: PredictOptions): Promise<Applied>;
  /**
   * Changes what was said before, as if it had been so all along; prompts after it are predicted again. One step to undo.
   * All or nothing, as `apply` is.
   */
  rewrite(edit: PromptEdit, options: RewriteOptions): Promise<Applied>;
  /**
   * Changes the mask by hand. One step to undo, unless nothing changed; the prompts there were are done with, and the mask is
   * what the next one starts from. Nothing changes after an error or an abort. Throws `SegmentError` (`EditInvalid`).
   */
  edit(edit: MaskEdit, options?: { readonly signal?: AbortSignal }): Promise<Applied>;
  /** Takes back the last prompt, rewriting, edit or reset. Undefined when there is none. */
  undo(): Promise<Applied | undefined>;
  /** Brings back what was undone last. Undefined when there is none. */
  redo(): Promise<Applied | undefined>;
  /** No prompts, empty mask; can be undone. */
  reset(): Promise<Applied>;
  /**
   * What the object would be if the prediction under way ended here, over all that was looked at so far. Undefined before the
   * first pass has ended, and when there is no prediction under way.
   */
  preview(): Promise<Preview | undefined>;
  /** The object's own mask over `box`, one bit per voxel, `i` fastest, lowest bit first. */
  maskBits(box: Box): Promise<Uint8Array>;
  /** The box around all voxels of the object; undefined when it has none. */
  bounds(): Promise<Box | undefined>;
  /**
   * What has changed in the object's saved parts since the last call, or since what it was opened from: opaque bytes. It is
   * told once, so when it cannot be written the object is to be forgotten, and opened again.
   */
  save(): Promise<PartsChange>;
}

export interface RewriteOptions {
  /** Whose turn the passes take: the session. */
  readonly owner: string;
  /** Of a prompt that was not there before; the others are predicted as they were. */
  readonly autozoom?: boolean;
  /** What the object will be settled with afterwards: previews show it as it will then be. */
  readonly beside?: Beside;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PassProgress) => void;
}

export interface ApplyOptions extends RewriteOptions {
  readonly predict?: boolean;
}

export interface PredictOptions extends RewriteOptions {
  /** Refine the whole mask there was as well, not only what changed; matters when the object is larger than a patch. */
  readonly full?: boolean;
  /** To be undone without the prompt that it answers. */
  readonly ownStep?: boolean;
}

/** Pushed after every network pass. */
export interface PassProgress {
  readonly stage: "waiting" | "coarse" | "refine";
  /** Passes done, and how many are expected in all (a lower bound until the refinement is planned). */
  readonly done: number;
  readonly expected: number;
  /** Number of the newest preview, once there is one. */
  readonly preview?: number;
  /** Passes of others before ours, while waiting. */
  readonly ahead?: number;
  /** How long they will take, going by the latest passes; absent before the first. */
  readonly seconds?: number;
}

export interface Preview {
  /** Grows with every pass of the prediction. */
  readonly number: number;
  readonly box: Box;
  /** As `SegmentObject.maskBits`. */
  readonly bits: Uint8Array;
}

export interface Applied {
  /** Clipped to the volume; undefined when nothing changed. */
  readonly changed?: Box;
  readonly voxels: number;
  readonly passes: number;
  readonly zooms: readonly number[];
  readonly secondsNetwork: number;
  readonly secondsTotal: number;
}
