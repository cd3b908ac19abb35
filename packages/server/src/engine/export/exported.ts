import type { NiftiHeader, Volume } from "@septum/volume";

/** What can be taken out of a session. */
export type ExportFormat = "nifti" | "segments" | "seg.nrrd" | "itksnap" | "csv";

/** An object as it goes into a file. */
export interface ExportSegment {
  readonly label: number;
  /** Its number in label maps; unique among the objects of one file. */
  readonly value: number;
  readonly name: string;
  /** `#rrggbb` */
  readonly color: string;
  readonly state: "todo" | "in_progress" | "done";
}

export interface ExportMask extends ExportSegment {
  /** Over the whole volume, one bit per voxel, `i` fastest, lowest bit first. */
  readonly bits: Uint8Array;
}

export interface ExportRequest {
  readonly format: ExportFormat;
  /** In the order in which they win a voxel that several have. */
  readonly masks: readonly ExportMask[];
  readonly grid: Omit<Volume, "data">;
  /** Header of the file the grid comes from. */
  readonly source: NiftiHeader;
}

/** A file that was read again and found to say what the masks say. */
export interface ExportedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Voxels that each object has in the file: fewer than its own where label maps cannot hold overlaps. */
  readonly segments: readonly ExportedSegment[];
  /** Of the bytes, hexadecimal. */
  readonly sha256: string;
}

export interface ExportedSegment {
  readonly label: number;
  readonly value: number;
  readonly name: string;
  readonly voxels: number;
}

/** What was read again is not what was written: the file must not leave the house. */
export class ExportMismatchError extends Error {
  override readonly name = "ExportMismatchError";
}
