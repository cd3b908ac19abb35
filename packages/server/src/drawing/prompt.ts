import type { PromptBody, PromptSummary } from "@septum/protocol";
import type { Prompt } from "@septum/segment";
import { boxContains, boxSize, formatBox, type Vec3, wholeBox } from "@septum/volume";
import { HttpError } from "../http/http-error.ts";
import { checkSlice, checkVoxel } from "./bounds.ts";
import { drawLasso } from "./lasso.ts";
import { type Drawing, drawPolyline } from "./polyline.ts";
import { sliceBox, sliceToVoxel } from "./slice-plane.ts";
import { thinned } from "./thin.ts";

/** Half the thickness of scribbles that networks are trained on: two voxels. */
const defaultRadius = 1;

/** What was asked for as the engine takes it, and as the session remembers it. */
export interface DrawnPrompt {
  readonly prompt: Exclude<Prompt, { kind: "initial" }>;
  readonly summary: PromptSummary;
}

/** Draws a prompt into the voxels of a volume of `size`. Throws `outside_volume`, `invalid_prompt`. */
export function drawPrompt(body: PromptBody, size: Vec3): DrawnPrompt {
  const { kind, positive } = body;
  switch (kind) {
    case "point":
      checkVoxel(body.voxel, size);
      return { prompt: { kind, voxel: body.voxel, positive }, summary: { kind, voxel: body.voxel, positive } };
    case "box": {
      const { box } = body;
      checkBox(box, size);
      return { prompt: { kind, box, positive }, summary: { kind, box, positive } };
    }
    case "scribble": {
      const { box, mask } = drawScribble(body, size);
      return { prompt: { kind, box, mask, positive }, summary: { kind, box, positive, ...lineOf(body) } };
    }
    case "lasso": {
      checkSlice(body.axis, body.slice_index, size, "outside_volume");
      if (body.points.length < 3) {
        throw new HttpError(
          "invalid_prompt",
          `A lasso of ${body.points.length} points has no inside: draw at least three`,
        );
      }
      const { box, mask } = inside(drawLasso(body.axis, body.slice_index, body.points, size), kind, size);
      return { prompt: { kind, box, mask, positive }, summary: { kind, box, positive, ...lineOf(body) } };
    }
  }
}

/** What a page shows of a drawing on a slice. */
function lineOf(body: Extract<PromptBody, { kind: "scribble" | "lasso" }>): Partial<PromptSummary> {
  if ("voxels" in body) return {};
  const { axis, slice_index, points } = body;
  const radius = body.kind === "scribble" ? { radius: body.radius ?? defaultRadius } : {};
  return { axis, slice_index, points: thinned(points), ...radius };
}

function drawScribble(body: Extract<PromptBody, { kind: "scribble" }>, size: Vec3): Drawing {
  const { radius = defaultRadius } = body;
  if ("voxels" in body) return inside(drawPolyline(body.voxels, radius, wholeBox(size)), "scribble", size);
  checkSlice(body.axis, body.slice_index, size, "outside_volume");
  const { axis, slice_index: index } = body;
  const line = body.points.map(([x, y]) => sliceToVoxel(axis, index, x, y));
  return inside(drawPolyline(line, radius, sliceBox(axis, index, size)), "scribble", size);
}

function inside(drawing: Drawing | undefined, kind: string, size: Vec3): Drawing {
  if (drawing) return drawing;
  throw new HttpError(
    "outside_volume",
    `The ${kind} holds no voxel of the volume: volume size is [${size.join(", ")}]`,
  );
}

function checkBox(box: Extract<PromptBody, { kind: "box" }>["box"], size: Vec3): void {
  const extents = box.map(([lo, hi]) => hi - lo);
  if (extents.some((extent) => extent < 1)) {
    throw new HttpError(
      "invalid_prompt",
      `Box ${formatBox(box)} holds no voxel: boxes are half-open, so each needs lo < hi`,
    );
  }
  if (!extents.includes(1)) {
    throw new HttpError(
      "invalid_prompt",
      `Box ${formatBox(box)} is ${boxSize(box).join(" × ")} voxels: draw it on one slice, one voxel thick`,
    );
  }
  if (!boxContains(wholeBox(size), box)) {
    throw new HttpError("outside_volume", `Box ${formatBox(box)} reaches outside: volume size is [${size.join(", ")}]`);
  }
}
