import {
  type Box,
  bitBytes,
  bitsBoundingBox,
  boxVoxels,
  clipBox,
  cutBits,
  getBit,
  shiftBox,
  spacing as spacingOf,
  type Vec3,
  type Volume,
  wholeBox,
} from "@septum/volume";
import { SegmentError } from "../errors.ts";
import type { MaskBits } from "../mask-delta.ts";
import { fillBetween } from "./between.ts";
import { grow, shrink } from "./grow.ts";
import { fillHoles } from "./holes.ts";
import { findIslands, type Islands, islandAt, islandBits, largestIsland } from "./islands.ts";
import type { MaskEdit } from "./mask-edit.ts";
import { median } from "./median.ts";
import { paintStroke, type Stroke } from "./paint.ts";
import { cutOut } from "./polygon.ts";
import { partOf, reachOf, widened } from "./regions.ts";
import type { Work } from "./work.ts";

/** What a box of the mask is to hold from now on: one bit per voxel, `i` fastest. */
export interface EditedBox {
  readonly box: Box;
  readonly bits: Uint8Array;
}

type Shaping = Exclude<MaskEdit, { kind: "paint" | "cut" }>;

/**
 * Works out what an edit makes of an object's mask; the mask itself stays. Undefined when the edit reaches no voxel.
 *
 * `bits` is the mask over the whole volume, one bit per voxel. Besides paint and cut, an edit looks at the box around the
 * object alone, and as far beyond as it reaches.
 *
 * Throws `SegmentError`: `EditInvalid` when the object has nothing that could be edited so, `PromptOutsideVolume`.
 */
export function* editMask(edit: MaskEdit, bits: Uint8Array, volume: Volume): Work<EditedBox | undefined> {
  const mask: MaskBits = { bits, size: volume.size };
  const spacing = spacingOf(volume.affine);
  if (edit.kind === "paint") {
    const stroke = yield* paintStroke(edit, wholeBox(volume.size), spacing);
    const { threshold } = edit;
    return stroke && drawn(mask, threshold ? yield* thresholded(stroke, volume, threshold) : stroke, edit.add);
  }
  if (edit.kind === "cut") {
    if (edit.slice < 0 || edit.slice >= volume.size[edit.axis]) {
      const last = volume.size[edit.axis] - 1;
      throw new SegmentError(
        "PromptOutsideVolume",
        `Cannot cut on slice ${edit.slice} along axis ${edit.axis}: slices go from 0 to ${last}`,
      );
    }
    const stroke = yield* cutOut(edit, volume.size);
    return stroke && drawn(mask, stroke, edit.add);
  }
  const object = bitsBoundingBox(bits, volume.size);
  if (object === undefined) {
    throw new SegmentError("EditInvalid", `Cannot ${words[edit.kind]} an object without voxels: draw something first`);
  }
  return yield* shaped(edit, mask, object, spacing);
}

const words: Record<Shaping["kind"], string> = {
  fillHoles: "fill holes of",
  keepLargest: "keep the largest island of",
  keepIsland: "keep an island of",
  removeIsland: "remove an island of",
  removeSmall: "remove small islands of",
  smooth: "smooth",
  grow: "grow",
  shrink: "shrink",
  fillBetween: "fill between slices of",
};

/** `object` is the box around the object's voxels. */
function* shaped(edit: Shaping, mask: MaskBits, object: Box, spacing: Vec3): Work<EditedBox> {
  const part = partOf(mask, object);
  const within = (bits: Uint8Array): EditedBox => ({ box: object, bits });
  switch (edit.kind) {
    case "fillHoles":
      return within(yield* fillHoles(part, edit.axis));
    case "keepLargest": {
      const islands = yield* findIslands(part, 1);
      const largest = largestIsland(islands);
      return within(islandBits(islands, (island) => island === largest));
    }
    case "keepIsland":
    case "removeIsland": {
      const islands = yield* findIslands(part, 1);
      const chosen = islandOf(edit.voxel, islands, object, mask);
      return within(islandBits(islands, (island) => (island === chosen) === (edit.kind === "keepIsland")));
    }
    case "removeSmall": {
      const islands = yield* findIslands(part, 1);
      const least = (edit.millilitres * 1000) / (spacing[0] * spacing[1] * spacing[2]);
      // Half a voxel less, so that an island of exactly this size stays whatever rounding does.
      return within(islandBits(islands, (island) => islands.voxels[island] > least - 0.5));
    }
    case "smooth":
      return yield* smoothed(edit.method, edit.radiusMm, mask, object, spacing);
    case "grow": {
      checkReach("grow by", edit.mm, spacing);
      const box = clipBox(widened(object, reachOf(edit.mm, spacing)), mask.size);
      return { box, bits: yield* grow(partOf(mask, box), spacing, edit.mm) };
    }
    case "shrink": {
      checkReach("shrink by", edit.mm, spacing);
      // Background next to the object is as near as any.
      const box = clipBox(widened(object, [1, 1, 1]), mask.size);
      return { box, bits: yield* shrink(partOf(mask, box), spacing, edit.mm) };
    }
    case "fillBetween": {
      const box = clipBox(widened(object, [1, 1, 1]), mask.size);
      const bits = yield* fillBetween(partOf(mask, box), spacing, edit.axis);
      if (bits) return { box, bits };
      throw new SegmentError(
        "EditInvalid",
        `Cannot fill between slices along axis ${edit.axis}: the object has no empty slice between two that have a voxel of it`,
      );
    }
  }
}

/** Voxels that one edit may reach: more takes memory and time, and can be done in several. */
const mostReach = 100;

function checkReach(what: string, mm: number, spacing: Vec3): void {
  const reach = Math.max(...reachOf(mm, spacing));
  if (reach <= mostReach) return;
  const most = Math.floor(mostReach * Math.min(...spacing));
  throw new SegmentError(
    "EditInvalid",
    `Cannot ${what} ${mm} mm: that is ${reach} voxels, and ${mostReach} are possible at once: give at most ${most} mm`,
  );
}

function* smoothed(
  method: "median" | "opening" | "closing",
  mm: number,
  mask: MaskBits,
  object: Box,
  spacing: Vec3,
): Work<EditedBox> {
  const reach = reachOf(mm, spacing);
  checkReach("smooth with a radius of", mm, spacing);
  if (reach.every((steps) => steps === 0)) {
    const least = Math.min(...spacing);
    throw new SegmentError(
      "EditInvalid",
      `Cannot smooth with a radius of ${mm} mm: voxels are ${least} mm apart at the closest, so give that at least`,
    );
  }
  if (method === "median") return { box: object, bits: yield* median(partOf(mask, object), reach) };
  if (method === "opening") {
    const box = clipBox(widened(object, [1, 1, 1]), mask.size);
    const part = partOf(mask, box);
    const eroded = yield* shrink(part, spacing, mm);
    return { box, bits: yield* grow({ bits: eroded, size: part.size }, spacing, mm) };
  }
  // Beyond the volume too: grown up to its edge only, the object would then stick to it.
  const wide = widened(object, [reach[0] + 1, reach[1] + 1, reach[2] + 1]);
  const part = partOf(mask, wide);
  const grown = yield* grow(part, spacing, mm);
  const closed = yield* shrink({ bits: grown, size: part.size }, spacing, mm);
  const bits = cutBits(closed, part.size, shiftBox(object, [-wide[0][0], -wide[1][0], -wide[2][0]]));
  return { box: object, bits };
}

function islandOf(voxel: Vec3, islands: Islands, object: Box, { bits, size }: MaskBits): number {
  const [i, j, k] = voxel;
  if (voxel.some((index, axis) => index < 0 || index >= size[axis])) {
    throw new SegmentError(
      "PromptOutsideVolume",
      `There is no voxel [${voxel.join(", ")}]: volume size is [${size.join(", ")}]`,
    );
  }
  const island =
    getBit(bits, i + size[0] * (j + size[1] * k)) === 1
      ? islandAt(islands, [i - object[0][0], j - object[1][0], k - object[2][0]])
      : undefined;
  if (island === undefined) {
    throw new SegmentError(
      "EditInvalid",
      `There is no island at voxel [${voxel.join(", ")}]: choose a voxel of the object`,
    );
  }
  return island;
}

/** The mask over the stroke's box, with the stroke added or taken away. */
function drawn(mask: MaskBits, { box, bits: stroke }: Stroke, add: boolean): EditedBox {
  const bits = cutBits(mask.bits, mask.size, box);
  for (let n = 0; n < bits.length; n++) bits[n] = add ? bits[n] | stroke[n] : bits[n] & ~stroke[n];
  return { box, bits };
}

/** What of the stroke lies where the image has such values. */
function* thresholded({ box, bits }: Stroke, volume: Volume, [lower, upper]: readonly [number, number]): Work<Stroke> {
  const { data, size, scaling } = volume;
  const out = new Uint8Array(bitBytes(boxVoxels(box)));
  const [[i0, i1], [j0, j1], [k0, k1]] = box;
  let at = 0;
  for (let k = k0; k < k1; k++) {
    for (let j = j0; j < j1; j++) {
      let voxel = i0 + size[0] * (j + size[1] * k);
      for (let i = i0; i < i1; i++, at++, voxel++) {
        if (getBit(bits, at) === 0) continue;
        const value = scaling.slope * data[voxel] + scaling.intercept;
        if (value >= lower && value <= upper) out[Math.floor(at / 8)] |= 1 << (at & 7);
      }
    }
    yield;
  }
  return { box, bits: out };
}
