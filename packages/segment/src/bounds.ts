import { type Box, bitsBoundingBox, boxContains, countBits, uniteBoxes } from "@septum/volume";
import { expandBits } from "./bit-runs.ts";
import type { MaskBits, MaskDelta } from "./mask-delta.ts";

/** The box around an object's voxels, known without looking through the volume after every small change. */
export interface Bounds {
  /** Around all that is set in the mask, `[i, j, k]`; undefined when nothing is. */
  box(): Box | undefined;
  /** To be told of every change of the mask after it was made, and by how many voxels it grew. */
  flipped(delta: MaskDelta, grown: number): void;
}

export function createBounds({ bits, size }: MaskBits): Bounds {
  let known: { readonly box: Box | undefined } | undefined;
  return {
    box() {
      known ??= { box: bitsBoundingBox(bits, size) };
      return known.box;
    },
    flipped(delta, grown) {
      if (!known || (known.box && boxContains(inner(known.box), delta.box))) return;
      const { count } = delta.flipped;
      const onlyAdded = grown === countBits(expandBits(delta.flipped), 0, count);
      known = onlyAdded ? { box: uniteBoxes(known.box, delta.box) } : undefined;
    },
  };
}

/** Without the outermost voxels on each side, of which one has to be set. */
function inner([i, j, k]: Box): Box {
  return [
    [i[0] + 1, i[1] - 1],
    [j[0] + 1, j[1] - 1],
    [k[0] + 1, k[1] - 1],
  ];
}
