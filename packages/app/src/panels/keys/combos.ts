/**
 * A key with its modifiers, written one way only: `ctrl+shift+z`, `alt+3`, `[`, `space`. Ctrl stands for Command too.
 * Letters and digits are what is printed on the key; of other signs the sign itself counts, wherever a keyboard has it.
 */
export type Combo = string;

export type KeyPress = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** Undefined for a modifier on its own. */
export function comboOf(event: KeyPress): Combo | undefined {
  const key = keyOf(event);
  if (key === undefined) return undefined;
  const sign = key.length === 1 && !/[a-z0-9]/.test(key);
  const parts = [
    (event.ctrlKey || event.metaKey) && "ctrl",
    event.altKey && "alt",
    event.shiftKey && !sign && "shift",
    key,
  ];
  return parts.filter(Boolean).join("+");
}

function keyOf({ key, code, shiftKey }: KeyPress): string | undefined {
  if (["Control", "Shift", "Alt", "AltGraph", "Meta", "CapsLock", "Dead", "Unidentified"].includes(key))
    return undefined;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  // With Alt some systems make other signs of digits; on French keyboards digits are typed with Shift.
  if (digit && (!shiftKey || /\d/.test(key))) return digit;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter && !/^[a-z]$/i.test(key) && key.length === 1) return letter.toLowerCase();
  return key === " " ? "space" : key.toLowerCase();
}

const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** `1-9` at the end of a combo stands for each of these digits. */
export function familyOf(combo: Combo): { readonly family: Combo; readonly digit: number } | undefined {
  const digit = /(?:^|\+)([1-9])$/.exec(combo)?.[1];
  return digit ? { family: `${combo.slice(0, -1)}1-9`, digit: Number(digit) } : undefined;
}

/** The nine combos that a family stands for; any other combo stands for itself. */
export function membersOf(combo: Combo): readonly Combo[] {
  const [, held] = /^(.*)1-9$/.exec(combo) ?? [];
  return held === undefined ? [combo] : digits.map((digit) => `${held}${digit}`);
}

const names: Readonly<Record<string, string>> = {
  ctrl: "Ctrl",
  alt: "Alt",
  shift: "Shift",
  space: "Space",
  escape: "Esc",
  delete: "Delete",
  backspace: "Backspace",
  enter: "Enter",
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
  pageup: "Page Up",
  pagedown: "Page Down",
};

/** The caps of a combo, in the order in which they are pressed. Of a family those are left out that mean something else. */
export function keyCaps(combo: Combo, elsewhere?: ReadonlySet<Combo>): readonly string[] {
  const members = membersOf(combo);
  if (members.length > 1) {
    const left = digits.filter((_, n) => !elsewhere?.has(members[n]));
    return [...keyCaps(combo.slice(0, -"1-9".length)), ranges(left)].filter((cap) => cap !== "");
  }
  // A plus of its own is a key, not a joint.
  const parts =
    combo === "+" ? ["+"] : combo.endsWith("++") ? [...combo.slice(0, -2).split("+"), "+"] : combo.split("+");
  return parts.map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

/** `1 … 9`, `1, 3 … 9`. */
function ranges(numbers: readonly number[]): string {
  const runs: number[][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.at(-1) === number - 1) last.push(number);
    else runs.push([number]);
  }
  return runs.map((run) => (run.length === 1 ? `${run[0]}` : `${run[0]} … ${run.at(-1)}`)).join(", ");
}
