import { expect, test } from "vitest";
import { comboOf, familyOf, type KeyPress, keyCaps, membersOf } from "./combos.ts";

const press = (key: string, code: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

test("a key is written with its modifiers, always in the same order", () => {
  expect(comboOf(press("p", "KeyP"))).toBe("p");
  expect(comboOf(press("Z", "KeyZ", { ctrlKey: true, shiftKey: true }))).toBe("ctrl+shift+z");
  expect(comboOf(press("z", "KeyZ", { metaKey: true }))).toBe("ctrl+z");
  expect(comboOf(press(" ", "Space"))).toBe("space");
  expect(comboOf(press("Control", "ControlLeft", { ctrlKey: true }))).toBeUndefined();
});

test("a sign counts as itself, wherever the keyboard has it", () => {
  expect(comboOf(press("?", "Slash", { shiftKey: true }))).toBe("?");
  expect(comboOf(press("?", "Minus", { shiftKey: true }))).toBe("?");
  expect(comboOf(press("<", "IntlBackslash"))).toBe("<");
});

test("a digit counts as printed on the key, also where Alt or the layout makes another sign of it", () => {
  expect(comboOf(press("¡", "Digit1", { altKey: true }))).toBe("alt+1");
  expect(comboOf(press("&", "Digit1"))).toBe("1");
  expect(comboOf(press("1", "Digit1", { shiftKey: true }))).toBe("shift+1");
  expect(comboOf(press("!", "Digit1", { shiftKey: true }))).toBe("!");
});

test("nine digits are one family", () => {
  expect(familyOf("alt+7")).toEqual({ family: "alt+1-9", digit: 7 });
  expect(familyOf("3")).toEqual({ family: "1-9", digit: 3 });
  expect(familyOf("0")).toBeUndefined();
  expect(familyOf("f1")).toBeUndefined();
  expect(membersOf("alt+1-9")).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => `alt+${digit}`));
  expect(membersOf("1-9")).toContain("7");
  expect(membersOf("#")).toEqual(["#"]);
});

test("caps are what is printed on the keys", () => {
  expect(keyCaps("ctrl+shift+z")).toEqual(["Ctrl", "Shift", "Z"]);
  expect(keyCaps("1-9")).toEqual(["1 … 9"]);
  expect(keyCaps("alt+1-9")).toEqual(["Alt", "1 … 9"]);
  expect(keyCaps("1-9", new Set(["2", "alt+3"]))).toEqual(["1, 3 … 9"]);
  expect(keyCaps("+")).toEqual(["+"]);
  expect(keyCaps("ctrl++")).toEqual(["Ctrl", "+"]);
});
