import type { Prompt } from "@septum/segment";
import { type Box, uniteBoxes } from "@septum/volume";
import type { Applied, SegmentObject } from "../engine/engine.ts";
import { HttpError } from "../http/http-error.ts";
import type { OpenedImage } from "./opened-image.ts";
import { segmentNotFound } from "./points.ts";
import type { Session } from "./session.ts";
import { findSegment, objectKey, type Step, withSegment } from "./state.ts";

export interface PromptOptions {
  readonly predict: boolean;
  readonly autozoom: boolean;
  readonly signal: AbortSignal;
}

/** What an object went through in one call. */
export interface ObjectChange extends Applied {
  readonly label: number;
  readonly prompts: number;
  readonly maskRevision: number;
}

/** Adds one prompt to the object, which is made when it is new. All or nothing, and on disk when it resolves. */
export function applyPrompt(session: Session, label: number, prompt: Prompt, step: Step, options: PromptOptions) {
  const { signal } = options;
  const { imageRevision } = session.state;
  return work(session, signal, async (opened) => {
    if (session.state.imageRevision !== imageRevision) {
      throw new HttpError("aborted", "The prompt was for an image that has been replaced meanwhile");
    }
    const object = await opened.object(label);
    const { prompts } = session.limits;
    if (object.prompts >= prompts) {
      throw new HttpError(
        "limit_reached",
        `Object ${label} has ${prompts} prompts, as many as it may: undo or reset first`,
      );
    }
    const applied = await applyOrLeave(session, opened, object, prompt, options);
    return commitObject(session, object, applied, (steps) => [...steps, step]);
  });
}

/** Takes back the object's last prompt or reset. Throws `segment_not_found`, `nothing_to_undo`. */
export function undoPrompt(session: Session, label: number, signal: AbortSignal): Promise<ObjectChange> {
  return work(session, signal, async (opened) => {
    if (!findSegment(session.state, label)) throw segmentNotFound(session, label);
    const object = await opened.object(label);
    const undone = await object.undo();
    if (!undone) throw new HttpError("nothing_to_undo", `Object ${label} has nothing to undo`);
    return commitObject(session, object, undone, (steps) => steps.slice(0, -1));
  });
}

/** Empties the object: no prompts, no voxels. Throws `segment_not_found`. */
export function resetObject(session: Session, label: number, signal: AbortSignal): Promise<ObjectChange> {
  return work(session, signal, async (opened) => {
    if (!findSegment(session.state, label)) throw segmentNotFound(session, label);
    const object = await opened.object(label);
    return commitObject(session, object, await object.reset(), (steps) => [...steps, { kind: "reset" }]);
  });
}

/** Makes the object anew from one prompt alone. After an error or an abort it is as it was. */
export async function remakeObject(
  session: Session,
  opened: OpenedImage,
  label: number,
  prompt: Prompt,
  step: Step,
  options: PromptOptions & { readonly progress?: { readonly object: number; readonly objects: number } },
): Promise<ObjectChange> {
  const object = await opened.object(label);
  const cleared = object.prompts > 0 || object.voxels > 0 ? await object.reset() : undefined;
  const applied = await applyOrLeave(session, opened, object, prompt, options).catch(async (error: unknown) => {
    // Should this fail too, the next use opens the object as it is on disk: as it was.
    if (cleared) await object.undo().catch(() => session.rest());
    throw error;
  });
  const changed = uniteBoxes(cleared?.changed, applied.changed);
  const added: Step[] = cleared ? [{ kind: "reset" }, step] : [step];
  return commitObject(session, object, { ...applied, changed }, (steps) => [...steps, ...added]);
}

/** One turn of work on the image. */
function work<T>(session: Session, signal: AbortSignal, run: (opened: OpenedImage) => Promise<T>): Promise<T> {
  return session.work(() => session.useImage(run), signal);
}

/** The engine's part; a new object that got no prompt is forgotten again. */
async function applyOrLeave(
  session: Session,
  opened: OpenedImage,
  object: SegmentObject,
  prompt: Prompt,
  options: PromptOptions & { readonly progress?: { readonly object: number; readonly objects: number } },
): Promise<Applied> {
  const { label } = object;
  const { predict, autozoom, progress } = options;
  const signal = AbortSignal.any([session.signal, options.signal]);
  try {
    signal.throwIfAborted();
    return await object.apply(prompt, {
      owner: session.id,
      predict,
      autozoom,
      signal,
      onProgress: (passes) => session.events.push({ type: "progress", label, ...passes, ...progress }),
    });
  } catch (error) {
    if (!findSegment(session.state, label)) opened.removeObject(label);
    // The signal's own reason says why, whatever it became on its way between threads.
    if (signal.aborted) throw signal.reason;
    throw error;
  }
}

/**
 * Puts what the engine did on disk. When that fails, memory and disk differ and disk is right: the image is let go, and
 * opened from there by the next call.
 */
async function commitObject(
  session: Session,
  object: SegmentObject,
  applied: Applied,
  plan: (steps: readonly Step[]) => readonly Step[],
): Promise<ObjectChange> {
  const { label } = object;
  try {
    const { state: saved } = await object.save();
    await session.change((state) => {
      const steps = plan(findSegment(state, label)?.steps ?? []);
      return {
        state: withSegment(state, { label, voxels: applied.voxels, steps }),
        put: new Map([[objectKey(label), saved]]),
      };
    });
  } catch (error) {
    session.rest();
    throw error;
  }
  const { maskRevision } = session.state;
  const { changed, voxels } = applied;
  session.events.push({
    type: "segment",
    label,
    voxels,
    box: changed ? copyBox(changed) : null,
    removed: false,
    mask_revision: maskRevision,
  });
  return { ...applied, label, prompts: object.prompts, maskRevision };
}

function copyBox([i, j, k]: Box): Box {
  return [
    [i[0], i[1]],
    [j[0], j[1]],
    [k[0], k[1]],
  ];
}
