import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";

const changes = createStore(() => ({ count: 0 }));

/** What is shown about labels is at most this old. */
const throttleMs = 120;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says that labels on the screen changed; told on soon, and not for every stroke of the brush. */
export function labelsChanged(): void {
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    changes.setState(({ count }) => ({ count: count + 1 }));
  }, throttleMs);
}

/** Draws again when labels changed. */
export function useLabelChanges(): number {
  return useStore(changes, ({ count }) => count);
}
