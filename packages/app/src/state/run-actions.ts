import { startedRun } from "../words/run.ts";
import { client } from "./client.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { store } from "./store.ts";

let running: AbortController | undefined;

export async function run(): Promise<void> {
  if (store.getState().run) return;
  const own = new AbortController();
  running = own;
  store.setState({ run: startedRun(true), selected: undefined });
  try {
    await client.run({ signal: own.signal });
  } catch (error) {
    if (!own.signal.aborted) handleLoss(error, "run the segmentation");
  } finally {
    if (running === own) running = undefined;
    store.setState({ run: undefined });
    if (store.getState().session.phase === "ready") await refresh();
  }
}

/** Dropping the connection is what stops the work on the server. */
export function cancelRun(): void {
  store.setState(({ run }) => ({ run: run && { ...run, stage: "cancelling", text: "Stopping …" } }));
  running?.abort();
}

export async function downloadSegmentation(): Promise<void> {
  try {
    save(await client.downloadSegmentation(), fileName("segmentation.nii.gz"), "application/gzip");
  } catch (error) {
    handleLoss(error, "download the segmentation");
  }
}

export async function downloadLabels(): Promise<void> {
  try {
    save(await client.downloadLabels(), fileName("labels.txt"), "text/plain");
  } catch (error) {
    handleLoss(error, "download the label file");
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

function save(content: BlobPart, name: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  // The browser reads the blob after the click returns.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
