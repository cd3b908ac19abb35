import type { Vec3 } from "@septum/volume";
import { activate } from "./active.ts";
import { client } from "./client.ts";
import { editing, lookOf } from "./editing.ts";
import { handleLoss } from "./loss.ts";

/**
 * Makes the segment under a voxel the active one; nothing happens where there is none that is shown. Where several have the
 * voxel, click after click goes through them.
 */
export async function pickSegment(voxel: Vec3): Promise<void> {
  try {
    const { segments } = await client.segments({ voxel });
    const state = editing.getState();
    const holders = segments.map(({ label }) => label).filter((label) => lookOf(state, label).shown);
    const label = pickAmong(holders, state.active);
    if (label !== undefined) activate(label);
  } catch (error) {
    handleLoss(error, "find the segment there");
  }
}

/**
 * `holders` begin with the one that the label map shows. An active one among them is seen above the others, so it is the next
 * one's turn.
 */
export function pickAmong(holders: readonly number[], active: number | undefined): number | undefined {
  return holders[(holders.indexOf(active ?? 0) + 1) % holders.length];
}
