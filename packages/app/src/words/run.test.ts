import { expect, test } from "vitest";
import { advanceRun, heldRun, runText, startedRun, stepsText } from "./run.ts";

const event = {
  type: "progress",
  seq: 1,
  label: 3,
  stage: "refine",
  done: 2,
  expected: 5,
  object: 2,
  objects: 4,
} as const;

test("the words follow the passes", () => {
  expect(runText(event)).toBe("Segment 2 of 4 (label 3): pass 3 of 5");
  expect(runText({ ...event, stage: "coarse" })).toBe("Segment 2 of 4 (label 3): first look");
  expect(runText({ ...event, objects: 1, object: 1, done: 5 })).toBe("Label 3: pass 5 of 5");
});

test("the place in line is said", () => {
  const waiting = { ...event, stage: "waiting" } as const;
  expect(runText({ ...waiting, ahead: 12 })).toBe("Segment 2 of 4 (label 3): 12 passes before yours");
  expect(runText({ ...waiting, ahead: 2, seconds: 2.7 })).toBe(
    "Segment 2 of 4 (label 3): 2 passes before yours, about 3 s",
  );
  expect(runText({ ...waiting, ahead: 1 })).toBe("Segment 2 of 4 (label 3): 1 pass before yours");
  expect(runText({ ...waiting, ahead: 0 })).toBe("Segment 2 of 4 (label 3): next in line");
});

test("progress counts objects and passes, and never goes back when more passes are planned", () => {
  const halfway = advanceRun(startedRun(true), { ...event, done: 1, expected: 2 });
  expect(halfway.fraction).toBeCloseTo(0.375);
  const planned = advanceRun(halfway, { ...event, done: 1, expected: 10 });
  expect(planned.fraction).toBeCloseTo(0.375);
  expect(advanceRun(planned, { ...event, object: 4, done: 5, expected: 5 }).fraction).toBe(1);
});

test("a run being stopped says so until it has stopped", () => {
  const stopping = { ...startedRun(true), stage: "cancelling", text: "Stopping …" } as const;
  expect(advanceRun(stopping, event)).toEqual(stopping);
});

test("what waits for the server is told, and no event of others changes that", () => {
  const held = heldRun(["+ point", "brush"]);
  expect(held.text).toBe("Waits: + point, brush");
  expect(advanceRun(held, event)).toBe(held);
  expect(stepsText(1)).toBe("1 step");
  expect(stepsText(2)).toBe("2 steps");
});
