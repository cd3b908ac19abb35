import { type Box, boxSize, intersectBoxes, type Vec3 } from "@septum/volume";

/**
 * Grey dilation by a box of edges `2 * reach + 1`, wherever it lands inside `within`: the largest value within reach, where
 * everything outside `box` is 0 (spec §6.2). One axis after the other. Values are positive halves, which order like their bits.
 */
export function dilate(
  values: Uint16Array<ArrayBuffer>,
  box: Box,
  reach: Vec3,
  within: Box,
): { values: Uint16Array<ArrayBuffer>; box: Box } {
  const wide = box.map(([lo, hi], axis) => [lo - reach[axis], hi + reach[axis]] as const);
  const target = intersectBoxes([wide[0], wide[1], wide[2]], within);
  let current = { values, box };
  for (const axis of [2, 1, 0]) {
    const next: Box = [
      axis === 0 ? target[0] : current.box[0],
      axis === 1 ? target[1] : current.box[1],
      axis === 2 ? target[2] : current.box[2],
    ];
    current = { values: dilateAxis(current.values, current.box, reach[axis], axis, next), box: next };
  }
  return current;
}

function dilateAxis(from: Uint16Array, box: Box, reach: number, axis: number, next: Box): Uint16Array<ArrayBuffer> {
  const size = boxSize(box);
  const nextSize = boxSize(next);
  const inner = axis === 0 ? size[1] * size[2] : axis === 1 ? size[2] : 1;
  const outer = (size as Vec3).slice(0, axis).reduce((product, length) => product * length, 1);
  const out = new Uint16Array(outer * nextSize[axis] * inner);
  const [lo, hi] = box[axis];
  const [nextLo, nextHi] = next[axis];
  for (let o = 0; o < outer; o++) {
    const fromAt = o * size[axis] * inner;
    for (let position = nextLo; position < nextHi; position++) {
      const at = (o * nextSize[axis] + position - nextLo) * inner;
      const end = Math.min(hi, position + reach + 1);
      for (let near = Math.max(lo, position - reach); near < end; near++) {
        const nearAt = fromAt + (near - lo) * inner;
        for (let n = 0; n < inner; n++) {
          const value = from[nearAt + n];
          if (value > out[at + n]) out[at + n] = value;
        }
      }
    }
  }
  return out;
}
