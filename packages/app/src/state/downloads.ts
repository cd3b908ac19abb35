import type { ExportFormat, Verified } from "@septum/protocol";
import { client } from "./client.ts";
import { handleLoss } from "./loss.ts";
import { store } from "./store.ts";

/** A file that was saved, with what the server found when it read the file again. */
export interface Exported {
  readonly name: string;
  readonly labels: Verified["labels"];
}

/** Has a file made of all segments or of some, and saves it; undefined when it could not be made. */
export async function download(format: ExportFormat, labels?: readonly number[]): Promise<Exported | undefined> {
  try {
    const { name, bytes, verified } = await client.export(format, { labels });
    const saved = fileName(name);
    save(bytes, saved);
    return { name: saved, labels: verified.labels };
  } catch (error) {
    handleLoss(error, "make the file");
    return undefined;
  }
}

/** `liver.nii.gz` and `segmentation.nii.gz` make `liver_segmentation.nii.gz`. */
function fileName(kind: string): string {
  const stem = store
    .getState()
    .scanName?.replace(/\.nii(\.gz)?$/i, "")
    .replace(/[^\w.-]+/g, "_");
  return stem ? `${stem}_${kind}` : kind;
}

function save(content: BlobPart, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content]));
  link.download = name;
  link.click();
  // The browser reads the blob after the click returns.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
