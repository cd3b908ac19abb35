import type { Box } from "@septum/volume";

/** `undefined`: the whole volume. */
type Region = Box | undefined;

export interface MaskSync {
  /** The labels inside `region` are out of date. */
  invalidate(region: Region): void;
  stop(): void;
}

/**
 * Fetches changed labels, one request at a time: what changes while one is on its way is fetched together afterwards.
 * `update` fetches and shows one region; it must not reject.
 */
export function createMaskSync(update: (region: Region) => Promise<void>): MaskSync {
  let pending: { readonly region: Region } | undefined;
  let busy = false;
  let stopped = false;

  async function work() {
    busy = true;
    while (pending && !stopped) {
      const { region } = pending;
      pending = undefined;
      await update(region);
    }
    busy = false;
  }

  return {
    invalidate(region) {
      pending = { region: pending ? joinRegions(pending.region, region) : region };
      if (!busy) void work();
    },
    stop() {
      stopped = true;
    },
  };
}

/** The smallest box around both. */
export function joinRegions(a: Region, b: Region): Region {
  if (!a || !b) return undefined;
  const along = (axis: 0 | 1 | 2) => [Math.min(a[axis][0], b[axis][0]), Math.max(a[axis][1], b[axis][1])] as const;
  return [along(0), along(1), along(2)];
}
