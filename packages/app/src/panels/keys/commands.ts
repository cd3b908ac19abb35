import { activate } from "../../state/active.ts";
import { nudgeBrush, setTool } from "../../state/edit-settings.ts";
import { editing, type Tool } from "../../state/editing.ts";
import { intensities } from "../../state/facts.ts";
import { redo, undo } from "../../state/history-actions.ts";
import { removePoint, select } from "../../state/point-actions.ts";
import { removePromptAt, runPrompts } from "../../state/prompt-actions.ts";
import { run } from "../../state/run-actions.ts";
import { newSegment, resetSegment, stepSegment } from "../../state/segment-actions.ts";
import { setView, store } from "../../state/store.ts";
import { cancelWork } from "../../state/work.ts";
import { presetsFor, presetWindow } from "../../viewer/window.ts";
import { toolGroups, toolWords } from "../../words/tools.ts";
import type { CommandId } from "./profiles.ts";

export interface Command {
  readonly what: string;
  /** Whether the key meant something now. `digit` of those that have `digits`. */
  readonly act: (digit: number) => boolean;
  /** The key was let go, so many milliseconds after it was pressed. */
  readonly release?: (heldMs: number) => void;
  /** Nine in one: each of the digits 1 to 9 with the same keys held. */
  readonly digits?: boolean;
  /** Works without a scan. */
  readonly always?: boolean;
  /** Works again and again while the key is held. */
  readonly repeats?: boolean;
}

/** Longer is a hold, not a press. */
const holdMs = 350;

const done = (act: () => void) => () => {
  act();
  return true;
};

const chooses = (tool: Tool): Command => ({ what: toolWords[tool].name, act: done(() => setTool(tool)) });

export const commands: Readonly<Record<CommandId, Command>> = {
  "tool-point": chooses("point"),
  "tool-box": chooses("box"),
  "tool-scribble": chooses("scribble"),
  "tool-lasso": chooses("lasso"),
  "tool-brush": chooses("brush"),
  "tool-eraser": chooses("eraser"),
  "tool-pick": chooses("pick"),
  "tool-look": chooses("look"),
  "tool-mark": chooses("mark"),
  sign: {
    what: "Positive or negative",
    act: done(() => editing.setState(({ positive }) => ({ positive: !positive }))),
  },
  "sign-once": {
    what: "Hold: the other sign for one prompt",
    act: done(() => editing.setState({ signHeld: true })),
    release: () => editing.setState({ signHeld: false }),
  },
  mode: {
    what: "Predict after each prompt, or collect",
    act: done(() => editing.setState(({ mode }) => ({ mode: mode === "live" ? "collect" : "live" }))),
  },
  run: { what: "Run: the collected prompts, or the numbered points", act: runWhatWaits },
  cancel: { what: "Cancel what runs, or put down what is selected", act: cancel },
  "remove-prompt": { what: "Remove the selected prompt or point", act: removeSelected },
  reset: { what: "Reset the segment: prompts and mask", act: onActive(resetSegment) },
  new: { what: "New segment", act: done(newSegment) },
  previous: { what: "Previous segment", act: done(() => stepSegment(-1)) },
  next: { what: "Next segment", act: done(() => stepSegment(1)) },
  segment: { what: "Choose a segment of the list, or a point", act: choose, digits: true },
  hide: {
    what: "Hide or show all masks; hold to peek beneath",
    act: done(() => editing.setState({ peeking: true })),
    release(heldMs) {
      editing.setState({ peeking: false });
      if (heldMs < holdMs) setView({ masksShown: !store.getState().view.masksShown });
    },
  },
  fainter: { what: "Masks fainter", act: done(() => nudgeOpacity(-0.1)), repeats: true },
  stronger: { what: "Masks stronger", act: done(() => nudgeOpacity(0.1)), repeats: true },
  style: {
    what: "Masks as fill, outline, or both",
    act: done(() => {
      const next = { both: "outline", outline: "fill", fill: "both" } as const;
      editing.setState(({ style }) => ({ style: next[style] }));
    }),
  },
  prompts: {
    what: "Hide or show prompts",
    act: done(() => editing.setState(({ promptsShown }) => ({ promptsShown: !promptsShown }))),
  },
  thinner: { what: "Brush thinner", act: done(() => nudgeBrush(-1)), repeats: true },
  thicker: { what: "Brush thicker", act: done(() => nudgeBrush(1)), repeats: true },
  window: { what: "Window preset", act: setPreset, digits: true },
  undo: { what: "Undo", act: done(() => void undo()) },
  redo: { what: "Redo", act: done(() => void redo()) },
  save: { what: "Save: done already, after each step", act: () => true, always: true },
  help: {
    what: "This list",
    act: done(() => store.setState(({ helpShown }) => ({ helpShown: !helpShown }))),
    always: true,
  },
};

/** Commands as they are listed for people. */
export const commandGroups: readonly { readonly name: string; readonly ids: readonly CommandId[] }[] = [
  {
    name: "Tools",
    ids: toolGroups.flatMap(({ tools }) => tools.map((tool) => `tool-${tool}` as const)),
  },
  { name: "Prompts", ids: ["sign", "sign-once", "mode", "run", "cancel", "remove-prompt"] },
  { name: "Segments", ids: ["new", "previous", "next", "segment", "reset"] },
  { name: "Brush", ids: ["thinner", "thicker"] },
  { name: "Looking", ids: ["hide", "fainter", "stronger", "style", "prompts", "window"] },
  { name: "Session", ids: ["undo", "redo", "save", "help"] },
];

function onActive(act: (label: number) => void): () => boolean {
  return () => {
    const { active } = editing.getState();
    if (active === undefined) return false;
    act(active);
    return true;
  };
}

function runWhatWaits(): boolean {
  const { tool, mode, active } = editing.getState();
  const { points } = store.getState();
  if (tool !== "mark" && mode === "collect" && active !== undefined) void runPrompts();
  else if (points.length > 0) void run();
  else return false;
  return true;
}

/** One thing at a time, the most urgent first. */
function cancel(): boolean {
  if (store.getState().helpShown) store.setState({ helpShown: false });
  else if (cancelWork()) return true;
  else if (editing.getState().prompt !== undefined) editing.setState({ prompt: undefined });
  else if (store.getState().selected !== undefined) store.setState({ selected: undefined });
  else return false;
  return true;
}

function removeSelected(): boolean {
  const { active, prompt } = editing.getState();
  const { selected } = store.getState();
  if (active !== undefined && prompt !== undefined) void removePromptAt(active, prompt);
  else if (selected !== undefined) void removePoint(selected);
  else return false;
  return true;
}

function choose(digit: number): boolean {
  const { points, segments } = store.getState();
  if (editing.getState().tool === "mark") {
    const known = points.some(({ number }) => number === digit);
    if (known) select(digit);
    return known;
  }
  const segment = segments[digit - 1];
  if (segment) activate(segment.label);
  return segment !== undefined;
}

function setPreset(digit: number): boolean {
  const { image } = store.getState();
  const preset = image && presetsFor(intensities(image))[digit - 1];
  if (preset) setView({ window: presetWindow(preset) });
  return preset !== undefined;
}

function nudgeOpacity(by: number): void {
  const { opacity } = store.getState().view;
  setView({ opacity: Math.min(1, Math.max(0, Math.round(20 * (opacity + by)) / 20)), masksShown: true });
}
