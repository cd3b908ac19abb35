import type { Volume } from "@septum/volume";
import type { SliceRequest } from "./engine.ts";

/** Grey values of one slice, row after row: rows = first remaining axis, columns = second. */
export interface Slice {
  readonly rows: number;
  readonly columns: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/**
 * Cuts one slice and maps values after scaling to 0–255: `level - width / 2` and below to 0, `level + width / 2` and above
 * to 255, linear between (DICOM PS3.3 C.11.2.1.3.2, `LINEAR_EXACT`).
 *
 * @throws {RangeError} when the volume has no such slice
 */
export function cutSlice({ data, size, scaling }: Volume, { axis, index, window }: Required<SliceRequest>): Slice {
  if (!Number.isInteger(index) || index < 0 || index >= size[axis]) {
    throw new RangeError(
      `Cannot cut slice ${index} of axis ${axis}: the volume has slices 0 to ${size[axis] - 1} there`,
    );
  }
  const steps = [1, size[0], size[0] * size[1]];
  const [rowAxis, columnAxis] = [0, 1, 2].filter((other) => other !== axis);
  const [rows, columns] = [size[rowAxis], size[columnAxis]];
  const [rowStep, columnStep] = [steps[rowAxis], steps[columnAxis]];

  // stored → value → grey in one multiplication and one addition
  const gain = (255 / window.width) * scaling.slope;
  const offset = (255 / window.width) * (scaling.intercept - (window.level - window.width / 2));
  // Clamps and rounds on assignment.
  const grey = new Uint8ClampedArray(rows * columns);
  let out = 0;
  for (let row = 0; row < rows; row++) {
    let at = index * steps[axis] + row * rowStep;
    for (let column = 0; column < columns; column++, at += columnStep) grey[out++] = gain * data[at] + offset;
  }
  return { rows, columns, data: new Uint8Array(grey.buffer) };
}
