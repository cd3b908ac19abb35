import { expect, test } from "vitest";
import { comboOf, familyOf, type KeyPress, keyCaps } from "./combos.ts";

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
  expect(familyOf("alt+7")).toEqual({ family: "alt+#", digit: 7 });
  expect(familyOf("3")).toEqual({ family: "#", digit: 3 });
  expect(familyOf("0")).toBeUndefined();
  expect(familyOf("f1")).toBeUndefined();
});

test("caps are what is printed on the keys", () => {
  expect(keyCaps("ctrl+shift+z")).toEqual(["Ctrl", "Shift", "Z"]);
  expect(keyCaps("alt+#")).toEqual(["Alt", "1 … 9"]);
  expect(keyCaps("+")).toEqual(["+"]);
  expect(keyCaps("ctrl++")).toEqual(["Ctrl", "+"]);
});
