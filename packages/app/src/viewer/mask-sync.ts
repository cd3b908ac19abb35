import type { Box } from "@septum/volume";
import { createReader, type Outcome } from "../state/reader.ts";

/** `undefined`: the whole volume. */
type Region = Box | undefined;

export interface MaskSync {
  /** The labels inside `region` are out of date. */
  invalidate(region: Region): void;
  stop(): void;
}

/**
 * Fetches changed labels, one request at a time: what changes while one is on its way is fetched together afterwards, and
 * what could not be fetched is kept for the next. `update` fetches and shows one region; it must not reject.
 */
export function createMaskSync(update: (region: Region) => Promise<Outcome>, retryMs?: number): MaskSync {
  let pending: { readonly region: Region } | undefined;
  const add = (region: Region) => {
    pending = { region: pending ? joinRegions(pending.region, region) : region };
  };
  const reader = createReader(async () => {
    if (!pending) return "done";
    const { region } = pending;
    pending = undefined;
    const outcome = await update(region);
    if (outcome === "again") add(region);
    return outcome;
  }, retryMs);
  return {
    invalidate(region) {
      add(region);
      void reader.ask();
    },
    stop: () => reader.stop(),
  };
}

/** The smallest box around both. */
export function joinRegions(a: Region, b: Region): Region {
  if (!a || !b) return undefined;
  const along = (axis: 0 | 1 | 2) => [Math.min(a[axis][0], b[axis][0]), Math.max(a[axis][1], b[axis][1])] as const;
  return [along(0), along(1), along(2)];
}
