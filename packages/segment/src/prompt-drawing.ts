import {
  type Box,
  boxSize,
  intersectBoxes,
  readBits,
  roundToHalf,
  toHalfBits,
  type Vec3,
  wholeBox,
} from "@septum/volume";
import type { ModelSettings } from "./model.ts";
import { pointBall } from "./point-ball.ts";
import { type PromptNode, promptNodes, type Shape } from "./prompt-log.ts";

/** A prompt ready to be drawn: its channel and the half-precision bits of its values as they stand now. */
export interface Drawable {
  /** Interaction channel, as the model numbers them. */
  readonly channel: number;
  readonly shape: Shape;
  /** Engine axes, clipped to the volume. */
  readonly box: Box;
  /** Bits by level: for a ball by squared distance, for the others at 1. */
  readonly levels: Uint16Array;
}

/**
 * The prompts of a list in the order in which they were given. Each value is rounded to half once when it is drawn and once
 * at every rescaling since, as in an array that had been kept all along (spec §5.1). `size` is the volume's, engine axes.
 */
export function drawables(last: PromptNode | undefined, settings: ModelSettings, size: Vec3): Drawable[] {
  const nodes = promptNodes(last);
  return nodes.flatMap((node, place) => {
    const { record, shape } = node;
    if (shape === undefined || record.kind === "initial") return [];
    const channel = settings.channels[record.kind]![record.positive ? 0 : 1];
    const rescales = nodes.slice(place + 1).flatMap((later) => later.rescale ?? []);
    const levels = weights(shape).map((weight) =>
      rescales.reduce((value, factor) => roundToHalf(value * factor), roundToHalf(weight * node.intensity)),
    );
    const box = intersectBoxes(shapeBox(shape), wholeBox(size));
    return { channel, shape, box, levels: Uint16Array.from(levels, toHalfBits) };
  });
}

/**
 * Draws onto `out`, half bits over `region` (engine axes, C order). Points, scribbles and lassos keep the larger value;
 * a box replaces what was there.
 */
export function drawInto(drawable: Drawable, region: Box, out: Uint16Array): void {
  const { shape, levels } = drawable;
  const shared = intersectBoxes(drawable.box, region);
  const [, n1, n2] = boxSize(region);
  const [[a0, a1], [b0, b1], [c0, c1]] = shared;
  if (c1 <= c0) return;
  const readLevels = shape.type === "solid" ? undefined : levelReader(shape);
  const row = new Uint16Array(c1 - c0);
  for (let a = a0; a < a1; a++) {
    for (let b = b0; b < b1; b++) {
      const at = c0 - region[2][0] + n2 * (b - region[1][0] + n1 * (a - region[0][0]));
      if (readLevels === undefined) {
        out.fill(levels[1], at, at + c1 - c0);
        continue;
      }
      readLevels(a, b, c0, row);
      for (let n = 0; n < row.length; n++) {
        const value = levels[row[n]];
        if (value > out[at + n]) out[at + n] = value;
      }
    }
  }
}

function weights(shape: Shape): number[] {
  if (shape.type !== "ball") return [0, 1];
  const largest = shape.radius * shape.radius + 1;
  return Array.from({ length: largest + 1 }, (_, squared) => Math.sqrt(squared) / Math.sqrt(largest));
}

function shapeBox(shape: Shape): Box {
  if (shape.type !== "ball") return shape.box;
  const { centre, radius } = shape;
  const around = (axis: number) => [centre[axis] - radius, centre[axis] + radius + 1] as const;
  return [around(0), around(1), around(2)];
}

type LevelReader = (a: number, b: number, c: number, out: Uint16Array) => void;

/** Reads levels along the last axis, from a voxel inside the shape's box on. */
function levelReader(shape: Exclude<Shape, { type: "solid" }>): LevelReader {
  if (shape.type === "ball") {
    const { radius, squared } = pointBall(shape.radius);
    const [a0, b0, c0] = shape.centre.map((middle) => middle - radius);
    const edge = 2 * radius + 1;
    return (a, b, c, out) => {
      const at = c - c0 + edge * (b - b0 + edge * (a - a0));
      for (let n = 0; n < out.length; n++) out[n] = squared[at + n];
    };
  }
  const [, n1, n2] = boxSize(shape.box);
  const [[a0], [b0], [c0]] = shape.box;
  const words = new Uint32Array(Math.ceil(n2 / 32));
  return (a, b, c, out) => {
    readBits(shape.bits, c - c0 + n2 * (b - b0 + n1 * (a - a0)), out.length, words);
    for (let n = 0; n < out.length; n++) out[n] = (words[n >>> 5] >>> (n & 31)) & 1;
  };
}
