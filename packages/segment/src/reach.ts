import { type Box, boxSize, clipBox, intersectBoxes, type Vec3, wholeBox } from "@septum/volume";
import { reachOf } from "./edit/regions.ts";
import type { PromptState } from "./history.ts";
import type { MaskRows } from "./mask-rows.ts";
import { promptNodes } from "./prompt-log.ts";

/** The voxels that a correction may change: those within `mm` of `centre`. Engine axes. */
export interface Reach {
  readonly centre: Vec3;
  readonly mm: number;
  readonly spacing: Vec3;
}

/**
 * How far the newest prompt reaches in a mask that a person made or loaded: `factor` times as far as the edge of the mask is from
 * it, or half as far as what was drawn is long, whichever is more. Somebody who clicks into a bump, or beside what is missing, is
 * about as far from the mask's edge as the bump is thick; the rest of the mask is not what they speak of. Undefined, without a
 * limit, where the object did not begin with a mask, where several prompts have waited to be predicted together, where the mask
 * has no edge, and for a factor of 0. Not in the spec. Engine axes, spacing in mm.
 */
export function correctionReach(
  { prompts, queued }: PromptState,
  mask: MaskRows,
  size: Vec3,
  spacing: Vec3,
  factor = 0,
): Reach | undefined {
  const shape = prompts?.shape;
  if (factor === 0 || shape === undefined || queued === undefined) return undefined;
  if (promptNodes(prompts)[0].initial === undefined) return undefined;
  if (prompts?.previous?.shape && prompts.previous.predicted === false) return undefined;
  // The middle of a drawing in the last slice is rounded to beyond it.
  const centre: Vec3 = [
    Math.min(queued.centre[0], size[0] - 1),
    Math.min(queued.centre[1], size[1] - 1),
    Math.min(queued.centre[2], size[2] - 1),
  ];
  const edge = distanceToEdge(mask, size, spacing, centre);
  if (edge === undefined) return undefined;
  const drawn = shape.type === "ball" ? 0 : Math.max(...boxSize(shape.box).map((n, axis) => n * spacing[axis]));
  // What is just as far counts as within, however the distances are rounded.
  return { centre, mm: factor * Math.max(edge, drawn / 2) * (1 + 1e-9), spacing };
}

/** From a voxel to the nearest one of the other value, in mm, centre to centre. Planes and rows that are too far are not read. */
function distanceToEdge(mask: MaskRows, size: Vec3, spacing: Vec3, [a0, b0, c0]: Vec3): number | undefined {
  const words = new Uint32Array(Math.ceil(size[2] / 32));
  mask.readRow(a0, b0, 0, size[2], words);
  const own = bitAt(words, c0);
  let nearest = Number.POSITIVE_INFINITY;
  for (const a of outward(a0, size[0])) {
    const across = ((a - a0) * spacing[0]) ** 2;
    if (across >= nearest) continue;
    for (const b of outward(b0, size[1])) {
      const beside = across + ((b - b0) * spacing[1]) ** 2;
      if (beside >= nearest) continue;
      mask.readRow(a, b, 0, size[2], words);
      const most = Math.min(size[2], Math.ceil(Math.sqrt(nearest - beside) / spacing[2]));
      const steps = stepsToOther(words, c0, own, most, size[2]);
      if (steps !== undefined) nearest = Math.min(nearest, beside + (steps * spacing[2]) ** 2);
    }
  }
  return nearest === Number.POSITIVE_INFINITY ? undefined : Math.sqrt(nearest);
}

/** How many voxels from `at`, up to `most`, the row has the other value; undefined when it has not. */
function stepsToOther(words: Uint32Array, at: number, own: number, most: number, count: number): number | undefined {
  if (own === 0 && words.every((word) => word === 0)) return undefined;
  for (let n = 0; n <= most; n++) {
    if (at - n >= 0 && bitAt(words, at - n) !== own) return n;
    if (at + n < count && bitAt(words, at + n) !== own) return n;
  }
  return undefined;
}

const bitAt = (words: Uint32Array, n: number): number => (words[n >>> 5] >>> (n & 31)) & 1;

/** 0 to `count - 1`, the nearest to `middle` first. */
function* outward(middle: number, count: number): Generator<number> {
  yield middle;
  for (let n = 1; n < count; n++) {
    if (middle - n >= 0) yield middle - n;
    if (middle + n < count) yield middle + n;
  }
}

/** Around all that lies within `mm` of a voxel, clipped to the volume. Engine axes. */
export function ballBox([a, b, c]: Vec3, mm: number, spacing: Vec3, size: Vec3): Box {
  const [x, y, z] = reachOf(mm, spacing);
  return clipBox(
    [
      [a - x, a + x + 1],
      [b - y, b + y + 1],
      [c - z, c + z + 1],
    ],
    size,
  );
}

/** `rows` as far as the correction reaches, and `mask`, which was there before, beyond. `size` is the volume's. */
export function withinReach(rows: MaskRows, mask: MaskRows, { centre, mm, spacing }: Reach, size: Vec3): MaskRows {
  const [a0, b0, c0] = centre;
  const ball = ballBox(centre, mm, spacing, size);
  const found = new Uint32Array(Math.ceil(size[2] / 32));
  return {
    box: intersectBoxes(intersectBoxes(rows.box, wholeBox(size)), ball),
    readRow(a, b, c, count, out) {
      mask.readRow(a, b, c, count, out);
      const left = mm ** 2 - ((a - a0) * spacing[0]) ** 2 - ((b - b0) * spacing[1]) ** 2;
      if (left < 0) return;
      const most = Math.floor(Math.sqrt(left) / spacing[2]);
      const [from, to] = [Math.max(0, c0 - most - c), Math.min(count, c0 + most + 1 - c)];
      if (from >= to) return;
      rows.readRow(a, b, c, count, found);
      for (let word = from >>> 5; word <= (to - 1) >>> 5; word++) {
        const first = Math.max(0, from - 32 * word);
        const bits = Math.min(32, to - 32 * word) - first;
        const taken = (bits === 32 ? 0xffffffff : 2 ** bits - 1) << first;
        out[word] = (out[word] & ~taken) | (found[word] & taken);
      }
    },
  };
}
