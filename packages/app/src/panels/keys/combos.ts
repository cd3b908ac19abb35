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

/** `#` in a combo stands for each digit from 1 to 9. */
export function familyOf(combo: Combo): { readonly family: Combo; readonly digit: number } | undefined {
  const digit = /(?:^|\+)([1-9])$/.exec(combo)?.[1];
  return digit ? { family: `${combo.slice(0, -1)}#`, digit: Number(digit) } : undefined;
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
  "#": "1 … 9",
};

/** The caps of a combo, in the order in which they are pressed. */
export function keyCaps(combo: Combo): readonly string[] {
  // A plus of its own is a key, not a joint.
  const parts =
    combo === "+" ? ["+"] : combo.endsWith("++") ? [...combo.slice(0, -2).split("+"), "+"] : combo.split("+");
  return parts.map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}
