import type { Vec3 } from "@septum/volume";
import { client } from "./client.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { store } from "./store.ts";

/** Marks a new point, or moves the selected one there. */
export async function mark(voxel: Vec3): Promise<void> {
  const { selected } = store.getState();
  try {
    await client.markPoint({ voxel, point_number: selected });
    store.setState({ selected: undefined });
    await refresh();
  } catch (error) {
    handleLoss(error, "mark the point");
  }
}

export async function removePoint(number: number): Promise<void> {
  try {
    await client.removePoint(number);
    await refresh();
  } catch (error) {
    handleLoss(error, `remove point ${number}`);
  }
}

export async function clearPoints(): Promise<void> {
  try {
    await client.clearPoints();
    await refresh();
  } catch (error) {
    handleLoss(error, "remove the points");
  }
}

export function select(number: number | undefined): void {
  store.setState(({ selected }) => ({ selected: selected === number ? undefined : number }));
}

/** The number that the next click gets, as the server counts: the last plus one. */
export function nextNumber(points: readonly { readonly number: number }[]): number {
  return points.reduce((last, { number }) => Math.max(last, number), 0) + 1;
}
