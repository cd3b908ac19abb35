import { expect, test } from "vitest";
import { expiryText } from "./expiry.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

test("the end of a session is announced an hour before", () => {
  const expiry = { at: day, lifetime: day };
  expect(expiryText(expiry, 0)).toBeUndefined();
  expect(expiryText(expiry, day - 61 * minute)).toBeUndefined();
  expect(expiryText(expiry, day - 60 * minute)).toBe("in 1 h");
  expect(expiryText(expiry, day - 42 * minute)).toBe("in 42 min");
  expect(expiryText(expiry, day - 5_000)).toBe("within a minute");
  expect(expiryText(expiry, day + minute)).toBe("within a minute");
});

test("a session that lives an hour is not announced from its beginning", () => {
  const expiry = { at: 60 * minute, lifetime: 60 * minute };
  expect(expiryText(expiry, 0)).toBeUndefined();
  expect(expiryText(expiry, 50 * minute)).toBe("in 10 min");
});

test("a session that never ends is never announced", () => {
  expect(expiryText(undefined, day)).toBeUndefined();
});
