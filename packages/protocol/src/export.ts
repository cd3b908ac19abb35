import { label } from "./geometry.ts";
import { z } from "./zod.ts";

/** What can be taken out of a session: label map, one mask per object, Slicer's segmentation, label names, a table. */
export const exportFormat = z.enum(["nifti", "segments", "seg.nrrd", "itksnap", "csv"]);
export type ExportFormat = z.infer<typeof exportFormat>;

export const exportQuery = z.object({
  format: exportFormat,
  labels: z
    .string()
    .regex(/^\d{1,5}(,\d{1,5})*$/, "labels must be labels of objects with commas between, such as 1,2")
    .optional()
    .meta({ description: "Only these objects" }),
});

/** Header of an exported file: `verified` as JSON. */
export const verifiedHeader = "x-septum-verified";

/** Says of a file that it was read again and compared with the masks, and what was found in it. */
export const verified = z.object({
  file: z.string(),
  labels: z.array(
    z.object({
      label,
      value: label,
      name: z.string(),
      voxels: z.int().meta({ description: "In the file: a label map gives a voxel to one object alone" }),
    }),
  ),
  labels_left_out: z.int().optional().meta({ description: "How many more there are than a header may hold" }),
  sha256: z.string(),
});
export type Verified = z.infer<typeof verified>;

/** A file and what its reader found in it. */
export interface ExportedFile {
  readonly name: string;
  readonly bytes: ArrayBuffer;
  readonly verified: Verified;
}
