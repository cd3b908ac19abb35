import { type Box, packBits, type Vec3, wholeBox } from "@septum/volume";
import { expect, test } from "vitest";
import { tileFor } from "../../tools/testing.ts";
import { displayGrid } from "../grid.ts";
import { createActiveMask } from "../labels/active-mask.ts";
import { createLabelMap } from "../labels/label-map.ts";
import { labelReader } from "../labels/shown-labels.ts";
import type { Scan } from "../scan.ts";
import type { SliceLook, SlicePainter } from "./slice-painter.ts";
import { activeFlag, previewFlag } from "./slice-shader.ts";
import { createSliceStack } from "./slice-stack.ts";

const size: Vec3 = [5, 4, 3];
const scan: Scan = {
  data: new Int16Array(60),
  grid: displayGrid(size, [1, 2, 3]),
  spacing: [1, 1, 1],
  scaling: { slope: 1, intercept: 0 },
};
const look: SliceLook = { lower: 0, upper: 1, fill: 1, outline: 1, active: 5, preview: [1, 1, 1, 1] };
const middle: Box = [
  [1, 3],
  [1, 3],
  [1, 2],
];

/** The labels and flags of the axial slice in the middle as they are uploaded: rows upwards, columns to the right. */
function shownSlices() {
  const map = createLabelMap(size);
  const active = createActiveMask(size, 5);
  const labels = { map, active };
  const shown = new Map<string, number>();
  const painter: SlicePainter = {
    makeSlice: (_, columns, rows) => ({ columns, rows, image: {}, labels: {} }),
    dropSlice() {},
    uploadImage() {},
    uploadLabels(_, column, row, columns, rows, values) {
      for (let y = 0; y < rows; y++)
        for (let x = 0; x < columns; x++) {
          const at = 2 * (x + columns * y);
          shown.set(`${column + x},${row + y}`, values[at] + 1000 * values[at + 1]);
        }
    },
    setPalette() {},
    clear() {},
    draw() {},
    dispose() {},
  };
  const stack = createSliceStack(painter, scan, labels);
  const tile = tileFor(scan.grid, "axial", false, [1, 1]);
  const draw = () => {
    stack.draw(tile, [0, 0, 1], look, 1);
    return [0, 1, 2, 3].map((y) => [0, 1, 2, 3, 4].map((x) => shown.get(`${x},${y}`)));
  };
  return { map, active, labels, stack, draw };
}

test("says of every voxel who has it in the label map and whether the active segment has it too", () => {
  const { map, active, labels, stack, draw } = shownSlices();
  map.write(wholeBox(size), new Uint8Array(60).fill(2));
  map.set(0, 0, 1, 5);
  active.write(middle, Uint8Array.of(0b1011));
  const both = 2 + 1000 * activeFlag;
  expect(draw()).toEqual([
    [5, 2, 2, 2, 2],
    [2, both, both, 2, 2],
    [2, 2, both, 2, 2],
    [2, 2, 2, 2, 2],
  ]);
  active.set(1, 1, 1, false);
  stack.touch([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(draw()[1]).toEqual([2, 2, both, 2, 2]);
  // Its own mask alone says where the active segment is.
  const seen = labelReader(labels);
  expect([0, 1, 2].map((i) => seen(i + 5 * (0 + 4 * 1)))).toEqual([0, 2, 2]);
  expect([0, 1, 2].map((i) => seen(i + 5 * (1 + 4 * 1)))).toEqual([2, 2, 5]);
});

test("shows what the active segment would be instead of what it is, and another's preview above it", () => {
  const { map, active, stack, draw } = shownSlices();
  map.write(wholeBox(size), new Uint8Array(60));
  active.write(wholeBox(size), packBits(new Uint8Array(60).fill(1)));
  const layer = { box: middle, bits: Uint8Array.of(0b0001) };
  const [own, would] = [1000 * activeFlag, 1000 * previewFlag];
  stack.setPreview(layer, 5);
  expect(draw()).toEqual([
    [own, own, own, own, own],
    [own, would, 0, own, own],
    [own, 0, 0, own, own],
    [own, own, own, own, own],
  ]);
  stack.setPreview(layer, 6);
  expect(draw()[1]).toEqual([own, own + would, own, own, own]);
  stack.setPreview(undefined, 0);
  expect(draw()[1]).toEqual([own, own, own, own, own]);
});
