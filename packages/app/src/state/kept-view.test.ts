import { viewBody } from "@septum/protocol";
import { expect, test } from "vitest";
import { editing } from "./editing.ts";
import { keptView, viewToKeep } from "./kept-view.ts";
import { store } from "./store.ts";

const state = {
  ...store.getState(),
  imageRevision: 3,
  view: {
    ...store.getState().view,
    layout: "coronal",
    window: { lower: -160, upper: 240 },
    opacity: 0.3,
    masksShown: false,
    cross: [4, 5, 6],
  },
} as const;
const hand = {
  ...editing.getState(),
  style: "outline",
  radiological: false,
  promptsShown: false,
  active: 2,
  looks: { 2: { shown: false, opacity: 1 }, 3: { shown: true, opacity: 0.4 } },
} as const;

test("a view that was kept comes back", () => {
  const kept = viewBody.parse(viewToKeep(state, hand));
  expect(keptView(kept, 3)).toEqual({
    view: { layout: "coronal", window: { lower: -160, upper: 240 }, opacity: 0.3, masksShown: false },
    editing: { style: "outline", radiological: false, promptsShown: false, active: 2, looks: hand.looks },
    cross: [4, 5, 6],
  });
});

test("what belongs to the image before stays away", () => {
  const { view, editing, cross } = keptView(viewToKeep(state, hand), 4);
  expect(view.window).toBeUndefined();
  expect(editing.active).toBeUndefined();
  expect(editing.looks).toBeUndefined();
  expect(cross).toBeUndefined();
  expect(view.layout).toBe("coronal");
});

test("nonsense and views of other versions are as if nothing was kept", () => {
  const kept = {
    image_revision: 3,
    layout: "spiral",
    window: [3, 1],
    opacity: 7,
    looks: { 1: "red" },
    cross: [0.5, 1, 2],
  };
  expect(keptView(kept, 3)).toEqual({ view: {}, editing: { looks: {} } });
});

test("hundreds of looks still fit in what a session keeps", () => {
  const looks = Object.fromEntries(
    Array.from({ length: 2000 }, (_, n) => [n + 60_000, { shown: false, opacity: 0.35 }]),
  );
  expect(viewBody.safeParse(viewToKeep(state, { ...hand, looks })).success).toBe(true);
});
