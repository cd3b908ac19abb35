import { type Box, boxSize, type Vec3 } from "@septum/volume";
import { bitRows, type MaskRows } from "./mask-rows.ts";
import { previewOf } from "./preview.ts";
import type { PromptNode } from "./prompt-log.ts";
import { ballBox } from "./reach.ts";

/** A point that is heeded, engine axes: `mm` is the radius of what it is sure to change. */
export interface HeededPoint {
  readonly centre: Vec3;
  readonly positive: boolean;
  readonly mm: number;
  readonly spacing: Vec3;
}

/** The newest prompt, where it is a point; it is sure to change as much as it draws at most, and as far along every axis. */
export function heededPoint(newest: PromptNode | undefined, spacing: Vec3): HeededPoint | undefined {
  if (newest?.shape?.type !== "ball") return undefined;
  const { centre, radius } = newest.shape;
  // What is just as far counts as within, however the distances are rounded.
  return { centre, positive: newest.record.positive, mm: radius * Math.min(...spacing) * (1 + 1e-9), spacing };
}

/**
 * `layers` over `mask`, and over them a ball at the point where they do not say there what the point says: a network may go on
 * believing what it found, and who clicks again and again at the same place learns nothing. Not in the spec.
 */
export function heeded(
  layers: readonly MaskRows[],
  mask: MaskRows,
  point: HeededPoint,
  size: Vec3,
): readonly MaskRows[] {
  const { centre, positive, mm, spacing } = point;
  const box = ballBox(centre, mm, spacing, size);
  const bits = previewOf([mask, ...layers], box).bits();
  const at = placesIn(box);
  const middle = at(centre);
  if (((bits[middle >>> 3] >>> (middle & 7)) & 1) === Number(positive)) return layers;
  const [as, bs, cs] = box;
  for (let a = as[0]; a < as[1]; a++) {
    for (let b = bs[0]; b < bs[1]; b++) {
      for (let c = cs[0]; c < cs[1]; c++) {
        const away = [a, b, c].map((voxel, axis) => (voxel - centre[axis]) * spacing[axis]);
        if (away[0] ** 2 + away[1] ** 2 + away[2] ** 2 > mm ** 2) continue;
        const place = at([a, b, c]);
        if (positive) bits[place >>> 3] |= 1 << (place & 7);
        else bits[place >>> 3] &= ~(1 << (place & 7));
      }
    }
  }
  return [...layers, bitRows(bits, box)];
}

/** Where a voxel's bit is among those of `box`, C order. */
function placesIn(box: Box): (voxel: Vec3) => number {
  const [, n1, n2] = boxSize(box);
  const [[a0], [b0], [c0]] = box;
  return ([a, b, c]) => c - c0 + n2 * (b - b0 + n1 * (a - a0));
}
