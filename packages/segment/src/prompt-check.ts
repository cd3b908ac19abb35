import { type Box, boxVoxels, formatBox, isEmptyBox, roundHalfEven, type Vec3 } from "@septum/volume";
import { swapAxes, swapBoxAxes } from "./engine-space.ts";
import { SegmentError } from "./errors.ts";
import type { ModelSettings, PromptKind } from "./model.ts";
import type { Prompt } from "./prompt.ts";
import type { Shape } from "./prompt-log.ts";
import type { PromptRecord, QueuedView } from "./steps.ts";
import { tightBits } from "./tight-bits.ts";
import { boxCentre, initialZoom } from "./view.ts";

/** A prompt that can be used: what to remember, what to draw, where to look first. */
export interface CheckedPrompt {
  readonly record: PromptRecord;
  readonly shape: Shape;
  readonly view: QueuedView;
}

/** An initial mask that can be used, cropped to its nonzero part; without one (`shape`, `view`) the mask is empty. */
export interface CheckedMask {
  readonly record: PromptRecord;
  readonly shape?: Extract<Shape, { type: "mask" }>;
  readonly view?: QueuedView;
}

type DrawnPrompt = Exclude<Prompt, { kind: "initial" }>;

/**
 * Checks a prompt against the volume (`size` is `[i, j, k]`) and the model, and carries it into engine axes (spec §5.3–§5.7).
 *
 * Throws `SegmentError`: `PromptOutsideVolume`, `PromptEmpty`, `PromptInvalid` or `PromptUnsupported`.
 */
export function checkPrompt(prompt: DrawnPrompt, size: Vec3, settings: ModelSettings): CheckedPrompt {
  if (prompt.kind === "point") return checkPoint(prompt, size, settings);
  if (prompt.kind === "box") return checkBox(prompt, size, settings);
  return checkDrawing(prompt, size, settings);
}

/** Checks an initial mask (spec §5.6). Throws `SegmentError`: `PromptInvalid`, `PromptOutsideVolume`, `PromptUnsupported`. */
export function checkInitialMask(
  prompt: Extract<Prompt, { kind: "initial" }>,
  size: Vec3,
  settings: ModelSettings,
): CheckedMask {
  if (!settings.supportsInitialMask) {
    throw new SegmentError("PromptUnsupported", "Cannot start from a mask: this model was not trained to correct one");
  }
  const cropped = cropMask("initial mask", prompt, size);
  if (cropped === undefined) return { record: { kind: "initial", positive: true, box: prompt.box } };
  return {
    record: { kind: "initial", positive: true, box: swapBoxAxes(cropped.box) },
    shape: { type: "mask", ...cropped },
    view: lookAt(cropped.box, settings),
  };
}

function checkPoint(prompt: Extract<Prompt, { kind: "point" }>, size: Vec3, settings: ModelSettings): CheckedPrompt {
  requireSupport("points", settings);
  requireFinite("point", prompt.voxel);
  const voxel: Vec3 = [roundHalfEven(prompt.voxel[0]), roundHalfEven(prompt.voxel[1]), roundHalfEven(prompt.voxel[2])];
  if (voxel.some((index, axis) => index < 0 || index >= size[axis])) {
    throw new SegmentError(
      "PromptOutsideVolume",
      `Cannot place point at voxel [${prompt.voxel.join(", ")}]: volume size is [${size.join(", ")}]`,
    );
  }
  const centre = swapAxes(voxel);
  const box: Box = [
    [voxel[0], voxel[0] + 1],
    [voxel[1], voxel[1] + 1],
    [voxel[2], voxel[2] + 1],
  ];
  return {
    record: { kind: "points", positive: prompt.positive, box },
    shape: { type: "ball", centre, radius: settings.pointRadius },
    view: { centre, zoom: 1 },
  };
}

function checkBox(prompt: Extract<Prompt, { kind: "box" }>, size: Vec3, settings: ModelSettings): CheckedPrompt {
  requireFinite("box", prompt.box.flat());
  const shown = formatBox(prompt.box);
  if (prompt.box.some(([lo, hi]) => hi <= lo)) {
    throw new SegmentError(
      "PromptEmpty",
      `Cannot use box ${shown}: it has no extent along an axis. Each range is [from, to) and needs from < to`,
    );
  }
  const flat = prompt.box.some(([lo, hi]) => hi - lo === 1);
  if (!flat && !settings.supported.bbox3d) {
    throw new SegmentError(
      "PromptUnsupported",
      `Cannot use box ${shown}: this model takes boxes on one slice only, so one range must be one voxel long, such as [12, 13]`,
    );
  }
  const kind = flat && settings.supported.bbox2d ? "bbox2d" : "bbox3d";
  requireSupport(kind, settings);
  if (prompt.box.some(([lo, hi], axis) => hi <= 0 || lo >= size[axis])) throw outside(`box ${shown}`, size);
  const clip = (axis: number) => clipRange(prompt.box[axis][0], prompt.box[axis][1], size[axis]);
  const box: Box = [clip(0), clip(1), clip(2)];
  const engineBox = swapBoxAxes(box);
  return {
    record: { kind, positive: prompt.positive, box },
    shape: { type: "solid", box: engineBox },
    view: lookAt(engineBox, settings),
  };
}

/** Rounds and clips; a range that vanishes keeps the voxel it fell on (spec §5.4). */
function clipRange(from: number, to: number, length: number): readonly [number, number] {
  const lo = Math.max(0, roundHalfEven(from));
  const hi = Math.min(length, roundHalfEven(to));
  if (hi > lo) return [lo, hi];
  return lo === 0 ? [0, Math.min(1, length)] : [lo - 1, hi];
}

function checkDrawing(
  prompt: Extract<Prompt, { kind: "scribble" | "lasso" }>,
  size: Vec3,
  settings: ModelSettings,
): CheckedPrompt {
  requireSupport(prompt.kind, settings);
  const cropped = cropMask(prompt.kind, prompt, size);
  if (cropped === undefined) {
    throw new SegmentError("PromptEmpty", `Cannot use ${prompt.kind}: its mask has no voxel set. Draw at least one`);
  }
  return {
    record: { kind: prompt.kind, positive: prompt.positive, box: swapBoxAxes(cropped.box) },
    shape: { type: "mask", ...cropped },
    view: lookAt(cropped.box, settings),
  };
}

/** Nonzero part of a prompt's mask in engine axes; undefined when there is none. */
function cropMask(name: string, prompt: { mask: Uint8Array; box: Box }, size: Vec3) {
  const shown = formatBox(prompt.box);
  if (!prompt.box.flat().every(Number.isInteger) || isEmptyBox(prompt.box)) {
    throw new SegmentError(
      "PromptInvalid",
      `Cannot use ${name} with box ${shown}: expected three ranges [from, to) of whole numbers with from < to`,
    );
  }
  if (prompt.mask.length !== boxVoxels(prompt.box)) {
    throw new SegmentError(
      "PromptInvalid",
      `Cannot use ${name}: its mask has ${prompt.mask.length} bytes, and its box ${shown} has ${boxVoxels(prompt.box)} voxels`,
    );
  }
  if (prompt.box.some(([lo, hi], axis) => lo < 0 || hi > size[axis])) throw outside(`${name} with box ${shown}`, size);
  return tightBits(prompt.mask, swapBoxAxes(prompt.box));
}

/** Where the network looks first for a prompt that draws this. */
export function firstView(shape: Shape, settings: ModelSettings): QueuedView {
  return shape.type === "ball" ? { centre: shape.centre, zoom: 1 } : lookAt(shape.box, settings);
}

function lookAt(box: Box, settings: ModelSettings): QueuedView {
  return { centre: boxCentre(box), zoom: initialZoom(box, settings.patchSize) };
}

function requireSupport(kind: PromptKind, settings: ModelSettings): void {
  if (settings.supported[kind] && settings.channels[kind] !== undefined) return;
  const able = (Object.keys(settings.supported) as PromptKind[]).filter(
    (other) => settings.supported[other] && settings.channels[other] !== undefined,
  );
  throw new SegmentError(
    "PromptUnsupported",
    `Cannot use ${kind}: this model was not trained on it. It takes ${able.join(", ") || "no prompts"}`,
  );
}

function requireFinite(name: string, numbers: readonly number[]): void {
  if (numbers.every(Number.isFinite)) return;
  throw new SegmentError("PromptInvalid", `Cannot use ${name} at [${numbers.join(", ")}]: expected finite numbers`);
}

function outside(what: string, size: Vec3): SegmentError {
  return new SegmentError(
    "PromptOutsideVolume",
    `Cannot use ${what}: it lies outside the volume, whose size is [${size.join(", ")}]`,
  );
}
