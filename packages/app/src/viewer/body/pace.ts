/** When the 3D view draws: one picture at a time, and as fine as the graphics card can make them without holding up others. */
export interface Pace {
  /** The last picture is out of date. */
  ask(): void;
  /** The slices are being drawn now: a 3D view that takes its time waits until they rest, though not for long. */
  giveWay(): void;
  /** Draws nothing while it is not seen. */
  setShown(shown: boolean): void;
  stop(): void;
}

/** Parts of the full resolution, along each side, that pictures are drawn in. */
const scales = [1, 0.7, 0.5, 0.35, 0.25] as const;
/** A picture that takes no longer than this is in nobody's way. */
const quickMs = 40;
/** One that takes longer than this is drawn coarser the next time. */
const slowMs = 160;
/** A slow picture waits until the slices have rested for so long, but no longer than `patienceMs` in all. */
const restMs = 250;
const patienceMs = 600;
/** When nothing has changed for so long, the picture is drawn as fine as it can be within `fineMs`. */
const calmMs = 900;
const fineMs = 500;
const pollMs = 8;

/**
 * Calls `draw` for a picture at a part of the full resolution; it answers whether there was anything to draw. The graphics card
 * works through what it was given in order, and without one each picture is the processor's work: a second picture is not asked
 * for before the first is done.
 */
export function createPace(gl: WebGL2RenderingContext, draw: (scale: number) => boolean, software: boolean): Pace {
  /** Index into `scales` of pictures drawn while things change, and of the latest one. */
  let rough = software ? 2 : 0;
  let latest = rough;
  let took = software ? slowMs : 0;
  let askedAt: number | undefined;
  let othersAt = Number.NEGATIVE_INFINITY;
  let doneAt = Number.NEGATIVE_INFINITY;
  let shown = false;
  let drawing = false;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let frame = 0;

  function plan(): void {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    if (!shown || drawing || stopped) return;
    const fine = finest();
    if (askedAt !== undefined) after(quick() ? 0 : dueAt(askedAt) - performance.now(), rough);
    else if (fine < latest) after(Math.max(othersAt, doneAt) + calmMs - performance.now(), fine);
  }

  function after(ms: number, level: number): void {
    const next = () => {
      frame = requestAnimationFrame(() => void picture(level));
    };
    if (ms <= 0) next();
    else timer = setTimeout(next, ms);
  }

  const quick = () => took <= quickMs;

  function dueAt(asked: number): number {
    return Math.max(doneAt + Math.min(took, restMs), Math.min(othersAt + restMs, asked + patienceMs));
  }

  async function picture(level: number): Promise<void> {
    drawing = true;
    askedAt = undefined;
    const began = performance.now();
    const real = draw(scales[level]);
    await finished(gl, () => stopped);
    drawing = false;
    doneAt = performance.now();
    latest = level;
    if (real && level === rough) {
      took = doneAt - began;
      if (took > slowMs && rough < scales.length - 1) rough++;
      else if (took < quickMs && rough > 0) rough--;
    }
    plan();
  }

  /** The finest level that is expected to take no longer than `fineMs`: the work grows with the number of pixels. */
  function finest(): number {
    const ms = (level: number) => took * (scales[level] / scales[rough]) ** 2;
    const level = scales.findIndex((_, n) => ms(n) <= fineMs);
    return level < 0 ? rough : Math.min(rough, level);
  }

  return {
    ask() {
      askedAt ??= performance.now();
      plan();
    },
    giveWay() {
      othersAt = performance.now();
      if (!quick()) plan();
    },
    setShown(next) {
      if (next === shown) return;
      shown = next;
      plan();
    },
    stop() {
      stopped = true;
      plan();
    },
  };
}

/** Resolves when the graphics card has done all it was given, without waiting for it. */
async function finished(gl: WebGL2RenderingContext, given: () => boolean): Promise<void> {
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  if (!fence) return;
  gl.flush();
  while (!given() && !gl.isContextLost() && gl.getSyncParameter(fence, gl.SYNC_STATUS) !== gl.SIGNALED) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  gl.deleteSync(fence);
}
