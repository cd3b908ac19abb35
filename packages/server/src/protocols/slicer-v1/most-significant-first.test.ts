import { packBits } from "@septum/volume";
import { expect, test } from "vitest";
import { mostSignificantFirst } from "./most-significant-first.ts";

test.each([
  // numpy.packbits([1, 1, 0, 1, 0, 0, 1]) and so on.
  [7, [1, 1, 0, 1, 0, 0, 1], [0xd2]],
  [8, [1, 1, 0, 1, 0, 0, 1, 1], [0xd3]],
  [9, [1, 1, 0, 1, 0, 0, 1, 1, 1], [0xd3, 0x80]],
])("mostSignificantFirst() packs %i voxels as NumPy does", (_, mask, bytes) => {
  expect([...mostSignificantFirst(packBits(mask))]).toEqual(bytes);
});
