import { type Box, boxSize, intersectBoxes, isEmptyBox, pasteBits, shiftBox } from "@septum/volume";
import { swapAxes, swapBoxAxes } from "./engine-space.ts";
import { collectBits, type MaskRows } from "./mask-rows.ts";
import type { Preview } from "./steps.ts";

/**
 * What `layers` come to over `box`, the later ones on top. Engine axes; `box` must lie in the first layer's. Layers are read
 * when the bits are asked for.
 */
export function previewOf(layers: readonly [MaskRows, ...MaskRows[]], box: Box): Preview {
  return {
    box: swapBoxAxes(box),
    bits() {
      const bits = collectBits(layers[0], box);
      const size = swapAxes(boxSize(box));
      for (const layer of layers.slice(1)) {
        const shared = intersectBoxes(layer.box, box);
        if (isEmptyBox(shared)) continue;
        const place = shiftBox(shared, [-box[0][0], -box[1][0], -box[2][0]]);
        pasteBits(collectBits(layer, shared), bits, size, swapBoxAxes(place));
      }
      return bits;
    },
  };
}
