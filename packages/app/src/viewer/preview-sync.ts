import type { Frame, SessionEvent } from "@septum/protocol";
import type { Layer } from "./labels/layer.ts";

export interface PreviewSyncOptions {
  /** Fetches what the object would be so far; undefined when it is not being predicted any more. */
  fetch(label: number, signal: AbortSignal): Promise<Frame | undefined>;
  show(label: number, layer: Layer): void;
  hide(): void;
}

/** What an object would be so far, shown while it is being predicted. */
export interface PreviewSync {
  take(event: SessionEvent): void;
  /** Labels are on the screen as they are now, those that `isShown` says: a preview of one of them has had its time. */
  labelsShown(isShown: (label: number) => boolean): void;
  /** Nothing is being predicted any more. */
  idle(): void;
  stop(): void;
}

/** When a prediction ends without any change, nothing else says that its preview is over. */
const lingerMs = 700;

/** Fetches one preview at a time, always the newest, as passes end faster than slow lines bring them. */
export function createPreviewSync({ fetch, show, hide }: PreviewSyncOptions): PreviewSync {
  let current: { readonly label: number; readonly own: AbortController } | undefined;
  let newest = 0;
  let fetching = false;
  let changed = false;
  let linger: ReturnType<typeof setTimeout> | undefined;

  async function work(): Promise<void> {
    fetching = true;
    for (let shown = -1; current && shown < newest; ) {
      const { label, own } = current;
      shown = newest;
      try {
        const frame = await fetch(label, own.signal);
        if (own.signal.aborted || frame?.kind !== "mask") continue;
        show(label, { box: frame.box, bits: frame.data });
      } catch {
        // The connection is over: the segment itself says what became of it.
        break;
      }
    }
    fetching = false;
  }

  function end(): void {
    clearTimeout(linger);
    current?.own.abort();
    current = undefined;
    changed = false;
    hide();
  }

  function begin(label: number): void {
    if (current && current.label !== label) end();
    current ??= { label, own: new AbortController() };
    clearTimeout(linger);
    changed = false;
  }

  return {
    take(event) {
      if (event.type === "progress" && event.preview !== undefined) {
        begin(event.label);
        newest = event.preview;
        if (!fetching) void work();
      } else if (event.type === "segment" && event.label === current?.label) {
        // Nothing changed, so no labels come that could take its place.
        if (!event.box && !event.removed) return end();
        changed = true;
        current.own.abort();
        clearTimeout(linger);
        linger = setTimeout(end, 3 * lingerMs);
      }
    },
    idle() {
      if (!current || changed) return;
      clearTimeout(linger);
      linger = setTimeout(end, lingerMs);
    },
    labelsShown(isShown) {
      if (changed && current && isShown(current.label)) end();
    },
    stop: end,
  };
}
