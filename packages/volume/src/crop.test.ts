import { expect, test } from "vitest";
import { cropInto } from "./crop.ts";

const size = [3, 2, 2] as const;
const data = Int16Array.from([0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112]);

test("cropInto() copies a box inside the volume, i fastest", () => {
  const out = new Float32Array(4);
  cropInto(
    data,
    size,
    [
      [1, 3],
      [0, 1],
      [0, 2],
    ],
    out,
    -1,
  );
  expect([...out]).toEqual([1, 2, 101, 102]);
});

test("cropInto() pads on every side outside the volume", () => {
  const out = new Int16Array(3 * 3 * 2);
  cropInto(
    data,
    size,
    [
      [-1, 2],
      [1, 4],
      [1, 3],
    ],
    out,
    7,
  );
  expect([...out]).toEqual([7, 110, 111, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);
});

test("cropInto() is all padding when the box misses the volume", () => {
  const out = new Uint8Array(2);
  cropInto(
    data,
    size,
    [
      [5, 7],
      [0, 1],
      [0, 1],
    ],
    out,
    9,
  );
  expect([...out]).toEqual([9, 9]);
});
