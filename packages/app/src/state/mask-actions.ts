import { activate } from "./active.ts";
import { client } from "./client.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { saving } from "./saving.ts";

/** Starts from a label map of the scan: each label in it becomes a segment, or all of it becomes segment `into`. */
export async function openMask(file: File, into?: number): Promise<void> {
  try {
    const { segments } = await saving(client.uploadMask(file, { into }));
    await refresh();
    activate(segments[0]?.label);
  } catch (error) {
    handleLoss(error, `open ${file.name} as a mask`, { again: () => void openMask(file, into) });
  }
}
