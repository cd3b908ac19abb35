import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

/** Each step ends when it is told to, with the answer it is given. */
function held() {
  const ends: ((good: boolean) => void)[] = [];
  const begun: number[] = [];
  const act = (n: number) => () => {
    begun.push(n);
    return new Promise<boolean>((resolve) => ends.push(resolve));
  };
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  const end = async (good: boolean) => {
    ends.shift()?.(good);
    await settled();
  };
  return { act, begun, end };
}

test("presses in quick succession each have their turn, one at a time and in order", async () => {
  const turns = createTurns(4);
  const { act, begun, end } = held();
  const all = [1, 2, 3].map((n) => turns.take(act(n)));
  expect(begun).toEqual([1]);
  await end(true);
  expect(begun).toEqual([1, 2]);
  await end(true);
  await end(true);
  expect(begun).toEqual([1, 2, 3]);
  expect(await Promise.all(all)).toEqual([true, true, true]);
});

test("no more wait than may", async () => {
  const turns = createTurns(2);
  const { act, begun, end } = held();
  const all = [1, 2, 3, 4, 5].map((n) => turns.take(act(n)));
  for (let n = 0; n < 5; n++) await end(true);
  expect(begun).toEqual([1, 2, 3]);
  expect(await Promise.all(all)).toEqual([true, true, true, false, false]);
});

test("what waits behind a step that went wrong is not done, and the next press is", async () => {
  const turns = createTurns(4);
  const { act, begun, end } = held();
  const all = [1, 2, 3].map((n) => turns.take(act(n)));
  await end(false);
  expect(await Promise.all(all)).toEqual([true, false, false]);
  const next = turns.take(act(4));
  expect(begun).toEqual([1, 4]);
  await end(true);
  expect(await next).toBe(true);
});

test("a step that throws lets the next press through", async () => {
  const turns = createTurns(4);
  await expect(turns.take(() => Promise.reject(new Error("torn")))).rejects.toThrow("torn");
  expect(await turns.take(async () => true)).toBe(true);
});
