import { ApiError } from "@septum/protocol";
import { expect, test } from "vitest";
import { mayHelp, problemWords } from "./problems.ts";

test("the server's sentence is shown as it came, under a title that says what it means", () => {
  const error = new ApiError(400, "unreadable_image", "This is a PNG picture, not a NIfTI file.");
  expect(problemWords(error, "open scan.png")).toEqual({
    title: "This file cannot be opened",
    detail: "This is a PNG picture, not a NIfTI file.",
  });
});

test("a code without a title says what could not be done", () => {
  const error = new ApiError(500, "model_failed", "Out of memory in pass 3.");
  expect(problemWords(error, "run the segmentation").title).toBe("Cannot run the segmentation");
});

test("a lost connection does not say that anything was done or will be", () => {
  const { title, detail } = problemWords(new ApiError(0, "network", "The server cannot be reached"), "mark the point");
  expect(title).toBe("Cannot mark the point");
  expect(detail).toBe(
    "The server cannot be reached, or its answer was lost on the way. When it is back, this page shows whether it was done.",
  );
});

test("trying again is offered where it may help", () => {
  expect(mayHelp(new ApiError(0, "network", "The server cannot be reached"))).toBe(true);
  expect(mayHelp(new ApiError(409, "segment_locked", "Segment 1 is locked"))).toBe(true);
  expect(mayHelp(new ApiError(400, "invalid_prompt", "The lasso encloses nothing"))).toBe(false);
  expect(mayHelp(new Error("no WebGL"))).toBe(false);
});

test("anything else thrown is still words", () => {
  expect(problemWords(new Error("no WebGL"), "draw")).toEqual({ title: "Cannot draw", detail: "no WebGL" });
  expect(problemWords("odd", "draw").detail).toBe("odd");
});
