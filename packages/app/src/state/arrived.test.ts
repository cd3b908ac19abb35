import { expect, test } from "vitest";
import { hasArrived, newestStep } from "./arrived.ts";

const step = (id: number, name: string, ...labels: number[]) => ({
  id,
  name,
  labels,
  time: "2026-11-22T20:00:00.000Z",
});
const steps = [step(4, "+ point, liver", 1), step(5, "new segment, spleen", 2), step(6, "+ lasso, spleen", 2)];
const history = { steps, position: 3 };

test("a step that is newer than those known is taken for the one whose answer was lost", () => {
  expect(hasArrived(history, 5, { label: 2, step: "+ lasso" })).toBe(true);
  expect(hasArrived(history, 6, { label: 2, step: "+ lasso" })).toBe(false);
  expect(hasArrived(history, 3, { label: 2, step: "+ point" })).toBe(false);
});

test("the segment that was made for a prompt is not the prompt", () => {
  const lost = { steps: steps.slice(0, 2), position: 2 };
  expect(hasArrived(lost, 4, { label: 2, step: "+ lasso" })).toBe(false);
});

test("a step of a prompt before it, done just before the connection was lost, is not taken for it", () => {
  const asked = { label: 2, step: "+ lasso" };
  expect(hasArrived(history, 5, asked, [asked])).toBe(false);
  expect(hasArrived({ steps: [...steps, step(7, "+ lasso, spleen", 2)], position: 4 }, 5, asked, [asked])).toBe(true);
  expect(hasArrived(history, 5, asked, [{ label: 1, step: "+ lasso" }])).toBe(true);
});

test("without a name any change of the segment counts, but no other segment's and none that was undone", () => {
  expect(hasArrived(history, 5, { label: 2 })).toBe(true);
  expect(hasArrived(history, 4, { label: 1 })).toBe(false);
  expect(hasArrived({ steps, position: 2 }, 5, { label: 2 })).toBe(false);
});

test("the newest step is the one with the highest number, undone or not", () => {
  expect(newestStep(history)).toBe(6);
  expect(newestStep({ steps: [] })).toBe(0);
});
