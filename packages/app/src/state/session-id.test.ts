import { beforeEach, expect, test } from "vitest";
import { type Memory, rememberedSession, rememberSession, sessionLink, shortId } from "./session-id.ts";

const mine = "11111111-1111-4111-8111-111111111111";
const theirs = "22222222-2222-4222-8222-222222222222";
let stored: Map<string, string>;
const memory: Memory = {
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, value) => void stored.set(key, value),
  removeItem: (key) => void stored.delete(key),
};
const plain = new URL("http://septum.local/");
const linked = new URL(`http://septum.local/?session=${theirs}`);

beforeEach(() => {
  stored = new Map();
});

test("a first visit has no session", () => {
  expect(rememberedSession(plain, memory)).toBeUndefined();
});

test("the last session comes back on the next visit", () => {
  expect(rememberSession(plain, memory, mine).href).toBe(plain.href);
  expect(rememberedSession(plain, memory)).toBe(mine);
});

test("a session in the address wins over the remembered one", () => {
  rememberSession(plain, memory, mine);
  expect(rememberedSession(linked, memory)).toBe(theirs);
});

test("following a link does not forget one's own session", () => {
  rememberSession(plain, memory, mine);
  expect(rememberSession(linked, memory, theirs).href).toBe(linked.href);
  expect(rememberedSession(plain, memory)).toBe(mine);
});

test("a new session takes the place of the one in the address", () => {
  expect(rememberSession(linked, memory, mine).searchParams.get("session")).toBe(mine);
  expect(rememberSession(linked, memory, undefined).href).toBe(plain.href);
});

test("a deleted session is forgotten", () => {
  rememberSession(plain, memory, mine);
  rememberSession(plain, memory, undefined);
  expect(rememberedSession(plain, memory)).toBeUndefined();
});

test("a link opens the session and carries nothing else", () => {
  expect(sessionLink(new URL("http://septum.local/?debug=1#x"), mine)).toBe(`http://septum.local/?session=${mine}`);
  expect(shortId(mine)).toBe("11111111");
});
