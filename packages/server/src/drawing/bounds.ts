import type { Axis } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import { HttpError } from "../http/http-error.ts";

/** Throws `outside_volume` with the sizes. */
export function checkVoxel(voxel: Vec3, size: Vec3): void {
  if (voxel.every((index, axis) => index >= 0 && index < size[axis])) return;
  throw new HttpError(
    "outside_volume",
    `Cannot place point at voxel [${voxel.join(", ")}]: volume size is [${size.join(", ")}]`,
  );
}

/** Throws the given code with the range there is: of an address the slice is missing, of a body it is a wrong value. */
export function checkSlice(axis: Axis, index: number, size: Vec3, code: "slice_not_found" | "outside_volume"): void {
  if (index >= 0 && index < size[axis]) return;
  throw new HttpError(code, `There is no slice ${index} along axis ${axis}: slices go from 0 to ${size[axis] - 1}`);
}
