import { ApiError } from "@septum/protocol";
import { expect, test } from "vitest";
import { problemWords } from "./problems.ts";

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

test("a lost connection says that nothing is lost", () => {
  const { title, detail } = problemWords(new ApiError(0, "network", "The server cannot be reached"), "mark the point");
  expect(title).toBe("Cannot mark the point");
  expect(detail).toBe("The server cannot be reached. Your work is kept on the server; this page tries again.");
});

test("anything else thrown is still words", () => {
  expect(problemWords(new Error("no WebGL"), "draw")).toEqual({ title: "Cannot draw", detail: "no WebGL" });
  expect(problemWords("odd", "draw").detail).toBe("odd");
});
