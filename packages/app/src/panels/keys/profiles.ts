import { type Combo, membersOf } from "./combos.ts";

/** What a key can do; `commands.ts` says how. */
export type CommandId =
  | `tool-${"point" | "box" | "scribble" | "lasso" | "brush" | "eraser" | "pick" | "look" | "mark"}`
  | "sign"
  | "sign-once"
  | "mode"
  | "run"
  | "cancel"
  | "remove-prompt"
  | "reset"
  | "new"
  | "previous"
  | "next"
  | "segment"
  | "hide"
  | "fainter"
  | "stronger"
  | "style"
  | "prompts"
  | "thinner"
  | "thicker"
  | "window"
  | "undo"
  | "redo"
  | "save"
  | "help";

export type Keys = Readonly<Record<CommandId, readonly Combo[]>>;

export interface Profile {
  readonly name: string;
  readonly keys: Keys;
}

/** The same in every profile. */
const common = {
  cancel: ["escape"],
  "remove-prompt": ["delete", "backspace"],
  run: ["ctrl+enter"],
  undo: ["ctrl+z"],
  redo: ["ctrl+y", "ctrl+shift+z"],
  save: ["ctrl+s"],
  help: ["?"],
} as const;

/** As the plug-ins of napari and 3D Slicer have them where they agree, with left-hand keys for what those lack. */
const nninteractive: Keys = {
  ...common,
  "tool-point": ["p"],
  "tool-box": ["b"],
  "tool-scribble": ["s"],
  "tool-lasso": ["l"],
  "tool-brush": ["f"],
  "tool-eraser": ["g"],
  "tool-pick": ["c"],
  "tool-look": ["h"],
  "tool-mark": ["n"],
  sign: ["t"],
  "sign-once": ["x"],
  mode: ["y"],
  reset: ["r"],
  new: ["e", "m"],
  previous: ["q", "<"],
  next: ["w", ">"],
  segment: ["1-9"],
  hide: ["v"],
  fainter: ["a"],
  stronger: ["d"],
  style: ["i"],
  prompts: ["o"],
  thinner: ["["],
  thicker: ["]"],
  window: ["alt+1-9"],
};

/** ITK-SNAP has its tools on digits, its overlay under the left hand. */
const itksnap: Keys = {
  ...common,
  "tool-look": ["1"],
  "tool-point": ["2", "p"],
  "tool-lasso": ["3"],
  "tool-brush": ["4"],
  "tool-eraser": ["5"],
  "tool-box": ["6"],
  "tool-scribble": ["7"],
  "tool-pick": ["8"],
  "tool-mark": ["9"],
  sign: ["t"],
  "sign-once": ["f"],
  mode: ["y"],
  reset: ["r"],
  new: ["n"],
  previous: ["<"],
  next: [">"],
  segment: [],
  hide: ["s", "w"],
  fainter: ["a", "q"],
  stronger: ["d", "e"],
  style: ["o"],
  prompts: ["x"],
  thinner: ["-"],
  thicker: ["+", "="],
  window: ["alt+1-9"],
};

/** OHIF, and what its nnInteractive mode adds. */
const ohif: Keys = {
  ...common,
  run: ["ctrl+enter", "r"],
  "tool-point": ["a"],
  "tool-lasso": ["d"],
  "tool-scribble": ["s"],
  "tool-box": ["f"],
  "tool-brush": ["b"],
  "tool-eraser": ["g"],
  "tool-look": ["c"],
  "tool-pick": ["x"],
  "tool-mark": ["n"],
  sign: ["w"],
  "sign-once": ["t"],
  mode: ["q"],
  reset: ["shift+r"],
  new: ["e"],
  previous: ["<"],
  next: [">"],
  segment: ["alt+1-9"],
  hide: ["v"],
  fainter: ["j"],
  stronger: ["k"],
  style: ["i"],
  prompts: ["o"],
  thinner: ["["],
  thicker: ["]"],
  window: ["1-9"],
};

export const profiles: Readonly<Record<string, Profile>> = {
  nninteractive: { name: "nnInteractive", keys: nninteractive },
  itksnap: { name: "ITK-SNAP", keys: itksnap },
  ohif: { name: "OHIF", keys: ohif },
};

/** The profile's keys, with the person's own in their place. A key that somebody gave away belongs to one command only. */
export function keysOf(profile: string, own: Readonly<Record<string, readonly Combo[]>>): Keys {
  const base = (profiles[profile] ?? profiles.nninteractive).keys;
  const taken = new Set(
    Object.values(own)
      .flat()
      .flatMap((combo) => [combo, ...membersOf(combo)]),
  );
  const entries = Object.entries(base).map(([id, keys]) => [id, own[id] ?? keys.filter((key) => !taken.has(key))]);
  return Object.fromEntries(entries) as Keys;
}

/** The person's own keys after `id` was given `combos`: none of these means anything else that the person chose before. */
export function ownKeysWith(
  own: Readonly<Record<string, readonly Combo[]>>,
  id: CommandId,
  combos: readonly Combo[],
): Record<string, readonly Combo[]> {
  const given = new Set(combos.flatMap((combo) => [combo, ...membersOf(combo)]));
  const others = Object.entries(own).map(([other, has]) => [other, has.filter((combo) => !given.has(combo))]);
  return { ...Object.fromEntries(others), [id]: combos };
}

/** Keys that mean one thing each; a family leaves them out. */
export function singleKeys(keys: Keys): ReadonlySet<Combo> {
  return new Set(
    Object.values(keys)
      .flat()
      .filter((combo) => membersOf(combo).length === 1),
  );
}
