import { useEffect } from "react";
import { intensities } from "../state/facts.ts";
import { redo, undo } from "../state/history-actions.ts";
import { removePoint, select } from "../state/point-actions.ts";
import { run } from "../state/run-actions.ts";
import { setTool, setView, store } from "../state/store.ts";
import { presetsFor, presetWindow } from "../viewer/window.ts";

/** Keys that work anywhere on the page, as nnInteractive's and ITK-SNAP's users know them. */
export function useShortcuts(): void {
  useEffect(() => {
    const stop = new AbortController();
    window.addEventListener(
      "keydown",
      (event) => {
        if (!isTyping(event.target) && act(event)) event.preventDefault();
      },
      { signal: stop.signal },
    );
    return () => stop.abort();
  }, []);
}

/** Whether the key meant something. */
function act(event: KeyboardEvent): boolean {
  const state = store.getState();
  const { key } = event;
  if (key === "?") {
    store.setState({ helpShown: !state.helpShown });
    return true;
  }
  if (key === "Escape" && state.helpShown) {
    store.setState({ helpShown: false });
    return true;
  }
  if (!state.image) return false;
  if (event.ctrlKey || event.metaKey) {
    const letter = key.toLowerCase();
    if (letter === "z" || letter === "y") {
      void (letter === "y" || event.shiftKey ? redo() : undo());
      return true;
    }
    if (key !== "Enter" || state.points.length === 0) return false;
    void run();
    return true;
  }
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  if (event.altKey) {
    const preset = digit && presetsFor(intensities(state.image))[Number(digit) - 1];
    if (preset) setView({ window: presetWindow(preset) });
    return Boolean(preset);
  }
  if (digit) {
    const known = state.points.some(({ number }) => number === Number(digit));
    if (known) select(Number(digit));
    return known;
  }
  switch (key.toLowerCase()) {
    case "p":
      setTool(state.tool === "mark" ? "look" : "mark");
      return true;
    case "v":
      setView({ masksShown: !state.view.masksShown });
      return true;
    case "a":
    case "d":
      setView({ opacity: nudged(state.view.opacity, key.toLowerCase() === "d" ? 0.1 : -0.1), masksShown: true });
      return true;
    case "escape":
      if (state.selected === undefined) return false;
      store.setState({ selected: undefined });
      return true;
    case "delete":
    case "backspace":
      if (state.selected === undefined) return false;
      void removePoint(state.selected);
      return true;
    default:
      return false;
  }
}

function nudged(opacity: number, by: number): number {
  return Math.min(1, Math.max(0, Math.round(20 * (opacity + by)) / 20));
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
