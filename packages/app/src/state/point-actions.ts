import type { Vec3 } from "@septum/volume";
import { client } from "./client.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { saving } from "./saving.ts";
import { store } from "./store.ts";

/** Marks a new point, or moves the selected one there. */
export async function mark(voxel: Vec3): Promise<void> {
  const { selected, local } = store.getState();
  // A scan that is still on its way is there to be looked at.
  if (local) return;
  try {
    await saving(client.markPoint({ voxel, point_number: selected }));
    store.setState({ selected: undefined });
    await refresh();
  } catch (error) {
    handleLoss(error, "mark the point", { again: () => void mark(voxel) });
  }
}

export async function removePoint(number: number): Promise<void> {
  try {
    await saving(client.removePoint(number));
    await refresh();
  } catch (error) {
    handleLoss(error, `remove point ${number}`, { again: () => void removePoint(number) });
  }
}

export async function clearPoints(): Promise<void> {
  try {
    await saving(client.clearPoints());
    await refresh();
  } catch (error) {
    handleLoss(error, "remove the points", { again: () => void clearPoints() });
  }
}

export function select(number: number | undefined): void {
  store.setState(({ selected }) => ({ selected: selected === number ? undefined : number }));
}

/** The number that the next click gets, as the server counts: the highest of points and objects plus one. */
export function nextNumber(
  points: readonly { readonly number: number }[],
  objects: readonly { readonly label: number }[],
): number {
  return 1 + Math.max(0, ...points.map(({ number }) => number), ...objects.map(({ label }) => label));
}
