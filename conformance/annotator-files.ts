import { findPython } from "./python.ts";

/** What nibabel, SimpleITK and pynrrd found in the downloaded files. Objects are known by their value. */
export interface ForeignReading {
  readonly voxels: Readonly<Record<string, number>>;
  readonly label_map: {
    readonly type: string;
    readonly affine_error: number;
    readonly codes: readonly number[];
    /** Voxels that are not as in the label map it is compared with. */
    readonly differing: number;
    /** Per value: voxels that have it where the object is not. */
    readonly stray: Readonly<Record<string, number>>;
    /** Voxels with a value where no object is, or none where one is. */
    readonly uncovered: number;
    /** Per value: voxels that have it. */
    readonly alone: Readonly<Record<string, number>>;
    readonly itk_differing: number;
    readonly itk_geometry: boolean;
  };
  /** Per file of the archive; `value` is of the object whose mask it equals in every voxel, 0 when it equals none. */
  readonly segments: Readonly<
    Record<string, { readonly value: number; readonly values: readonly number[]; readonly affine_error: number }>
  >;
  readonly slicer: {
    readonly affine_error: number;
    readonly segments: readonly { readonly name: string; readonly value: number; readonly differing: number }[];
  };
  readonly table: readonly Readonly<Record<string, string>>[];
}

/** Python's readers of medical images. The function reads a folder as `annotator-files.py` says. */
export function findReaders(): ((folder: string) => Promise<ForeignReading>) | string {
  const python = findPython();
  if (typeof python === "string") return python;
  return async (folder) => JSON.parse(await python.run("annotator-files.py", [folder]));
}
