import { expect, test } from "vitest";
import { createPresence } from "./presence.ts";

test("people come with a name and a colour of their own, and are forgotten when they leave", () => {
  const presence = createPresence();
  const counts: number[] = [];
  const quiet = presence.listen((people) => counts.push(people.length));
  const arrivals = Array.from({ length: 25 }, () => presence.enter());
  expect(new Set(presence.people.map(({ name }) => name)).size).toBe(25);
  expect(new Set(presence.people.slice(0, 10).map(({ color }) => color)).size).toBe(10);
  for (const { leave } of arrivals) leave();
  expect(presence.people).toEqual([]);
  expect(counts.slice(23, 27)).toEqual([24, 25, 24, 23]);
  quiet();
  presence.enter();
  expect(counts).toHaveLength(50);
});

test("who comes back is the same person, also before the lost connection is noticed", () => {
  const presence = createPresence();
  const before = presence.enter();
  const after = presence.enter(before.person.id);
  expect(after.person).toEqual(before.person);
  before.leave();
  expect(presence.people).toEqual([before.person]);
  after.leave();
  expect(presence.people).toEqual([]);
  expect(presence.enter(before.person.id).person).toEqual(before.person);
});
