import type { Vec3 } from "@septum/volume";
import { HttpError, noImage } from "../http/http-error.ts";
import type { Session } from "./session.ts";
import { findSegment, layersOf } from "./state.ts";

/** Labels of the objects that have a voxel, in the order in which a label map prefers them. Throws `outside_volume`. */
export async function labelsAt(session: Session, voxel: Vec3): Promise<number[]> {
  const { image } = session.state;
  if (!image) throw noImage();
  const { size } = image.info;
  if (!voxel.every((index, axis) => index < size[axis])) {
    const [place, extent] = [voxel.join(", "), size.join(", ")];
    throw new HttpError("outside_volume", `There is no voxel [${place}]: volume size is [${extent}]`);
  }
  const [i, j, k] = voxel;
  return session.useImage(async (opened) => {
    const found: number[] = [];
    for (const label of layersOf(session.state)) {
      if (!findSegment(session.state, label)?.voxels) continue;
      const object = await opened.object(label);
      const bits = await object.maskBits([
        [i, i + 1],
        [j, j + 1],
        [k, k + 1],
      ]);
      if (bits[0] === 1) found.push(label);
    }
    return found;
  });
}
