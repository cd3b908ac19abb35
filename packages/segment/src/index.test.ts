import { expect, test } from "vitest";
import * as segment from "./index.ts";

test("the public names are these", () => {
  expect(Object.keys(segment).sort()).toEqual([
    "SegmentError",
    "createSegmenter",
    "decodeState",
    "editMask",
    "encodeState",
    "finish",
    "finishWork",
    "isSegmentError",
    "prepareImage",
    "settle",
    "settledPreview",
  ]);
});
