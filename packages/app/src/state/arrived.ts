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
 * Whether something was done though its answer was lost: steps like it that are in effect and newer than `before`, the newest
 * that was known when it was asked for, are more than those of `others`, which were done since that was read.
 */
export function hasArrived(
  { steps, position }: Facts["history"],
  before: number,
  { label, step = "" }: Asked,
  others: readonly Asked[] = [],
): boolean {
  const alike = steps
    .slice(0, position)
    .filter(({ id, name, labels }) => id > before && labels.includes(label) && name.startsWith(step));
  const known = others.filter((other) => other.label === label && (other.step ?? "").startsWith(step));
  return alike.length > known.length;
}
