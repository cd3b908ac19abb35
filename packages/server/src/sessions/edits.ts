import type { EditBody, Others } from "@septum/protocol";
import type { MaskEdit } from "@septum/segment";
import type { Applied } from "../engine/engine.ts";
import { HttpError } from "../http/http-error.ts";
import type { Caller } from "./caller.ts";
import type { OpenedImage } from "./opened-image.ts";
import { refuseLocked, segmentNotFound } from "./points.ts";
import { commitObject, type ObjectChange, work } from "./segments.ts";
import type { Session } from "./session.ts";
import { findSegment, nameOf } from "./state.ts";
import { besideOf } from "./taking.ts";

export interface EditOptions extends Caller {
  readonly others?: Others;
}

/**
 * Changes an object by hand: one step, and the start of its next prompt. Drawing makes an object that is not there yet. What
 * changes no voxel is no step. All or nothing, and on disk when it resolves.
 *
 * Throws `segment_not_found`, `segment_locked`, `invalid_edit`, `outside_volume`, `aborted`.
 */
export function editObject(
  session: Session,
  label: number,
  body: EditBody,
  options: EditOptions,
): Promise<ObjectChange> {
  const { imageRevision } = session.state;
  const { others, signal, key } = options;
  return work(session, options, async (opened) => {
    if (session.state.imageRevision !== imageRevision) {
      throw new HttpError("aborted", "The edit was for an image that has been replaced meanwhile");
    }
    const there = findSegment(session.state, label);
    const draws = (body.kind === "paint" || body.kind === "cut") && body.add;
    if (!there && !draws) throw segmentNotFound(session, label);
    refuseLocked(session.state, label);
    const object = await opened.object(label);
    const applied = await editOrLeave(session, opened, label, body, signal);
    if (!applied.changed) {
      if (!there) opened.removeObject(label);
      const { prompts } = object;
      return { ...applied, label, prompts, maskRevision: session.state.maskRevision };
    }
    const step = { name: `${describeEdit(body)}, ${nameOf(session.state, label)}` };
    const prompts = () => [{ kind: "mask", positive: true }] as const;
    const beside = besideOf(session, label, others);
    return commitObject(session, opened, object, applied, { prompts, step, beside, key });
  });
}

/** The engine's part; a new object that was not drawn is forgotten again. */
async function editOrLeave(
  session: Session,
  opened: OpenedImage,
  label: number,
  body: EditBody,
  callSignal: AbortSignal,
): Promise<Applied> {
  const signal = AbortSignal.any([session.signal, callSignal]);
  try {
    signal.throwIfAborted();
    return await (await opened.object(label)).edit(maskEdit(body), { signal });
  } catch (error) {
    if (!findSegment(session.state, label)) opened.removeObject(label);
    if (signal.aborted) throw signal.reason;
    throw error;
  }
}

/** From the wire's names to the engine's. */
function maskEdit(body: EditBody): MaskEdit {
  switch (body.kind) {
    case "paint": {
      const { radius_mm: radiusMm, ...rest } = body;
      return { ...rest, radiusMm };
    }
    case "cut": {
      const { slice_index: slice, ...rest } = body;
      return { ...rest, slice };
    }
    case "fill_holes":
      return { kind: "fillHoles", axis: body.axis };
    case "keep_largest":
      return { kind: "keepLargest" };
    case "keep_island":
      return { kind: "keepIsland", voxel: body.voxel };
    case "remove_island":
      return { kind: "removeIsland", voxel: body.voxel };
    case "remove_small":
      return { kind: "removeSmall", millilitres: body.millilitres };
    case "smooth":
      return { kind: "smooth", method: body.method, radiusMm: body.radius_mm };
    case "grow":
    case "shrink":
      return body;
    case "fill_between":
      return { kind: "fillBetween", axis: body.axis };
  }
}

/** For the history. */
function describeEdit(body: EditBody): string {
  switch (body.kind) {
    case "paint":
      return body.add ? "brush" : "eraser";
    case "cut":
      return body.add ? "outline" : "cut";
    case "grow":
    case "shrink":
      return `${body.kind} ${body.mm} mm`;
    case "smooth":
      return `smooth (${body.method})`;
    case "remove_small":
      return "remove small islands";
    case "keep_largest":
      return "keep largest island";
    case "fill_between":
      return "fill between slices";
    case "fill_holes":
    case "keep_island":
    case "remove_island":
      return body.kind.replace("_", " ");
  }
}
