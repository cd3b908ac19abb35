import { client } from "./client.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { saving } from "./saving.ts";

export async function rename(label: number, name: string): Promise<void> {
  try {
    await saving(client.changeSegment(label, { name }));
    await refresh();
  } catch (error) {
    handleLoss(error, `rename object ${label}`);
  }
}

/** Removes an object that was drawn, not grown from a numbered point. */
export async function removeObject(label: number): Promise<void> {
  try {
    await saving(client.removeSegment(label));
    await refresh();
  } catch (error) {
    handleLoss(error, `remove object ${label}`);
  }
}
