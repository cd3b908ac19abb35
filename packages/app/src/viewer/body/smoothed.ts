import type { Box, Vec3 } from "@septum/volume";

/** Labels among the 27 cells around one that is in a sheet, or at the corner of a block. */
const sheet = 9;
/** Of a cell in something so thin: that it is seen, though most cells around have no label. */
const thin = 216;

/**
 * Part of the 27 cells around each cell of `box` that have a label, 0 to 255, x fastest: the 3D view shows surfaces where it is
 * a half. What is one cell thick, as the brush leaves it in a slice, is above the half all the same. `labels` are of a whole
 * grid of `size` cells, x fastest; beyond its border they go on as they are at the border.
 */
export function smoothLabels(labels: Uint8Array, size: Vec3, [[x0, x1], [y0, y1], [z0, z1]]: Box): Uint8Array {
  const [nx, ny, nz] = size;
  const [columns, rows] = [x1 - x0, y1 - y0];
  const out = new Uint8Array(columns * rows * (z1 - z0));
  const inRow = new Uint8Array(columns * (rows + 2));

  /** Labels among the nine cells of layer `z` around each. */
  function countLayer(z: number): Uint8Array {
    let at = 0;
    for (let y = y0 - 1; y <= y1; y++) {
      const row = nx * (within(y, ny) + ny * within(z, nz));
      for (let x = x0; x < x1; x++, at++) {
        inRow[at] =
          (labels[row + Math.max(0, x - 1)] > 0 ? 1 : 0) +
          (labels[row + x] > 0 ? 1 : 0) +
          (labels[row + Math.min(nx - 1, x + 1)] > 0 ? 1 : 0);
      }
    }
    const counts = new Uint8Array(columns * rows);
    for (let n = 0; n < counts.length; n++) counts[n] = inRow[n] + inRow[n + columns] + inRow[n + 2 * columns];
    return counts;
  }

  let at = 0;
  let [below, here] = [countLayer(z0 - 1), countLayer(z0)];
  for (let z = z0; z < z1; z++) {
    const above = countLayer(z + 1);
    for (let n = 0; n < here.length; n++) {
      const count = below[n] + here[n] + above[n];
      const label = labels[x0 + (n % columns) + nx * (y0 + Math.floor(n / columns) + ny * z)];
      out[at++] = label > 0 && count <= sheet ? thin : Math.round((255 * count) / 27);
    }
    [below, here] = [here, above];
  }
  return out;
}

function within(cell: number, count: number): number {
  return Math.min(count - 1, Math.max(0, cell));
}
