import type { Facts } from "./replica.ts";

/** What was asked of the server for one segment. */
export interface Asked {
  readonly label: number;
  /** How the server's name for the step begins; without it any change of the segment is taken for it. */
  readonly step?: string;
}

/** The newest step of a history, undone or not; 0 when there is none. */
export function newestStep({ steps }: Pick<Facts["history"], "steps">): number {
  return Math.max(0, ...steps.map(({ id }) => id));
}

/**
 * Whether something was done though its answer was lost: among the steps in effect is one like it that is newer than `before`,
 * the newest that was known when it was asked for.
 */
export function hasArrived(
  { steps, position }: Facts["history"],
  before: number,
  { label, step = "" }: Asked,
): boolean {
  return steps
    .slice(0, position)
    .some(({ id, name, labels }) => id > before && labels.includes(label) && name.startsWith(step));
}
