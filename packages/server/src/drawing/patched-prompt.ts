import type { PromptPatch, PromptSummary } from "@septum/protocol";
import { shiftBox, type Vec3 } from "@septum/volume";
import { HttpError } from "../http/http-error.ts";
import type { PromptChange } from "../sessions/segments.ts";
import { drawPrompt } from "./prompt.ts";
import { slicePlane } from "./slice-plane.ts";

/** What becomes of prompt `at` when it is flipped or moved. Throws `invalid_prompt`, `outside_volume`. */
export function patchedPrompt(
  at: number,
  old: PromptSummary,
  { positive = old.positive, voxel, box, offset }: PromptPatch,
  size: Vec3,
): NonNullable<PromptChange> {
  if (old.kind === "mask") {
    throw new HttpError("invalid_prompt", `Prompt ${at} is the mask that the object was given: it can only be removed`);
  }
  if (offset !== undefined) {
    const summary = { ...shifted(old, offset), positive };
    return { summary, edit: { type: "move", at, offset, positive }, name: "moved" };
  }
  if (voxel === undefined && box === undefined) {
    return { summary: { ...old, positive }, edit: { type: "sign", at, positive }, name: "flipped" };
  }
  const [kind, field] = voxel === undefined ? (["box", "box"] as const) : (["point", "voxel"] as const);
  if (old.kind !== kind) {
    const how = old.kind === "point" ? "give voxel" : old.kind === "box" ? "give box" : "give offset";
    throw new HttpError("invalid_prompt", `Prompt ${at} is a ${old.kind} and has no ${field}: ${how}`);
  }
  const options = { positive, predict: true, autozoom: true };
  const body =
    voxel === undefined
      ? { kind: "box" as const, box: box!, ...options }
      : { kind: "point" as const, voxel, ...options };
  const { prompt, summary } = drawPrompt(body, size);
  return { summary, edit: { type: "replace", at, prompt }, name: "moved" };
}

function shifted(old: PromptSummary, offset: Vec3): PromptSummary {
  const { voxel, box, axis, slice_index, points } = old;
  const there: PromptSummary = { ...old };
  if (voxel) there.voxel = [voxel[0] + offset[0], voxel[1] + offset[1], voxel[2] + offset[2]];
  if (box) there.box = shiftBox(box, offset);
  if (axis === undefined) return there;
  const { row, column } = slicePlane(axis);
  if (slice_index !== undefined) there.slice_index = slice_index + offset[axis];
  if (points) there.points = points.map(([x, y]) => [x + offset[column], y + offset[row]]);
  return there;
}
