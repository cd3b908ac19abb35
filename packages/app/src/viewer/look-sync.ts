import type { Vec3 } from "@septum/volume";

export interface LookSync {
  /** Says where the crosshair is now. */
  moved(voxel: Vec3): void;
  stop(): void;
}

/** Others need not see every step of the wheel. */
const intervalMs = 150;

/**
 * Tells others where this page looks, at most every so often and never twice at once; the last place is always told. It is
 * a courtesy: a failure is nobody's problem.
 */
export function createLookSync(tell: (voxel: Vec3) => Promise<void>): LookSync {
  let latest: Vec3 | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let telling = false;
  let stopped = false;

  async function work(): Promise<void> {
    timer = undefined;
    const voxel = latest;
    latest = undefined;
    if (!voxel || stopped) return;
    telling = true;
    await tell(voxel).catch(() => {});
    telling = false;
    if (latest) schedule();
  }

  function schedule(): void {
    if (stopped || telling) return;
    timer ??= setTimeout(() => void work(), intervalMs);
  }

  return {
    moved(voxel) {
      latest = voxel;
      schedule();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
