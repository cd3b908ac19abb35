import type { Others, PromptSummary, SegmentBody } from "@septum/protocol";
import type { Prompt, PromptEdit, Settlement } from "@septum/segment";
import type { Box } from "@septum/volume";
import type { Applied, Beside, RewriteOptions, SegmentObject } from "../engine/engine.ts";
import { HttpError } from "../http/http-error.ts";
import type { Caller } from "./caller.ts";
import type { StepFacts } from "./history.ts";
import { tellLabel, withAttributes } from "./labels.ts";
import type { OpenedImage } from "./opened-image.ts";
import { freeLabel, refuseLocked, segmentNotFound } from "./points.ts";
import { extendStep } from "./recording.ts";
import { together, writeObject } from "./saved-objects.ts";
import type { Session } from "./session.ts";
import { findSegment, nameOf, objectKey, withSegment } from "./state.ts";
import { besideOf, type Taking, takeFromOthers } from "./taking.ts";

export interface PromptOptions extends Caller {
  readonly predict: boolean;
  readonly autozoom: boolean;
  /** What becomes of other objects where this one grows. */
  readonly others?: Others;
  /** Of a run: its place among the objects. */
  readonly progress?: { readonly object: number; readonly objects: number };
}

/** What an object went through in one call. */
export interface ObjectChange extends Applied {
  readonly label: number;
  readonly prompts: number;
  readonly maskRevision: number;
  /** Of other objects. */
  readonly taken?: Settlement["taken"];
  readonly spared?: Settlement["spared"];
}

/**
 * Adds one prompt to the object, which is made when it is new. An initial mask takes the place of all prompts there were.
 * All or nothing, and on disk when it resolves. Throws `segment_locked`, `limit_reached`.
 */
export function applyPrompt(
  session: Session,
  label: number,
  prompt: Prompt,
  summary: PromptSummary,
  options: PromptOptions,
) {
  const { imageRevision } = session.state;
  return work(session, options, async (opened) => {
    if (session.state.imageRevision !== imageRevision) {
      throw new HttpError("aborted", "The prompt was for an image that has been replaced meanwhile");
    }
    refuseLocked(session.state, label);
    const object = await opened.object(label);
    const { prompts } = session.limits;
    const anew = prompt.kind === "initial";
    if (object.prompts >= prompts && !anew) {
      throw new HttpError(
        "limit_reached",
        `Object ${label} has ${prompts} prompts, as many as it may: undo or reset first`,
      );
    }
    const beside = besideOf(session, label, options.others);
    const applied = await predictOrLeave(session, opened, label, options, (passes) =>
      object.apply(prompt, { ...passes, beside, predict: options.predict }),
    );
    const what = anew ? "mask" : `${summary.positive ? "+" : "−"} ${summary.kind}`;
    const name = `${what}, ${nameOf(session.state, label)}`;
    const listed = (prompts: readonly PromptSummary[]) => [...(anew ? [] : prompts), summary];
    return commitObject(session, opened, object, applied, {
      prompts: listed,
      step: { name },
      beside,
      key: options.key,
    });
  });
}

/**
 * Makes an object without prompts and voxels. Returns its label.
 *
 * Throws `no_image`, `segment_exists`, `value_taken`, `limit_reached`.
 */
export function createObject(
  session: Session,
  { label: wanted, ...attributes }: NonNullable<SegmentBody>,
  caller: Caller,
): Promise<number> {
  return work(session, caller, async (opened) => {
    // Until it has a number, so that no point marked meanwhile gets the same.
    let label = 0;
    let saved: ReturnType<typeof writeObject> | undefined;
    try {
      await session.change(async (state) => {
        label = wanted ?? freeLabel(state);
        if (findSegment(state, label)) {
          throw new HttpError("segment_exists", `There is an object ${label} already: choose another label`);
        }
        const { points } = session.limits;
        if (state.segments.length >= points) {
          throw new HttpError(
            "limit_reached",
            `This session has ${points} objects, as many as it may: remove one first`,
          );
        }
        const made = withSegment(state, { label, voxels: 0, prompts: [] });
        const named = withAttributes(made, label, attributes);
        saved = writeObject(objectKey(label), await (await opened.object(label)).save());
        const name = `new segment, ${nameOf(named, label)}`;
        return { state: named, ...saved, step: { name } };
      }, caller.key);
    } catch (error) {
      if (saved) opened.removeObject(label);
      throw error;
    }
    tellLabel(session, label);
    tellChanged(session, label, 0, undefined);
    return label;
  });
}

/** Empties the object: no prompts, no voxels. Throws `segment_not_found`, `segment_locked`. */
export function resetObject(session: Session, label: number, caller: Caller): Promise<ObjectChange> {
  return work(session, caller, async (opened) => {
    if (!findSegment(session.state, label)) throw segmentNotFound(session, label);
    refuseLocked(session.state, label);
    const object = await opened.object(label);
    const name = `reset ${nameOf(session.state, label)}`;
    const applied = await object.reset();
    return commitObject(session, opened, object, applied, { prompts: () => [], step: { name }, key: caller.key });
  });
}

/** Makes the object anew from one prompt alone. Until that is done, and after an error or an abort, it is as it was. */
export async function remakeObject(
  session: Session,
  opened: OpenedImage,
  label: number,
  prompt: Exclude<Prompt, { kind: "initial" }>,
  summary: PromptSummary,
  run: string,
  options: PromptOptions,
): Promise<ObjectChange> {
  const object = await opened.object(label);
  const applied = await predictOrLeave(session, opened, label, options, (passes) =>
    object.prompts > 0 || object.voxels > 0
      ? object.rewrite({ type: "restart", prompt }, passes)
      : object.apply(prompt, { ...passes, predict: options.predict }),
  );
  const step = { name: `run: ${label}`, run };
  return commitObject(session, opened, object, applied, { prompts: () => [summary], step });
}

/** What is to become of an earlier prompt: null removes it. */
export type PromptChange = null | { readonly summary: PromptSummary; readonly edit: PromptEdit; readonly name: string };

/**
 * Changes prompt `n` of the object (from 0), as if it had been so all along: later prompts are predicted again. All or
 * nothing, and what others took from the object since stays theirs. `plan` is asked when it is the call's turn. Throws
 * `segment_not_found`, `prompt_not_found`, `segment_locked`.
 */
export function changePrompt(
  session: Session,
  label: number,
  n: number,
  plan: (prompt: PromptSummary) => PromptChange,
  caller: Caller,
  others?: Others,
): Promise<ObjectChange> {
  return work(session, caller, async (opened) => {
    const segment = findSegment(session.state, label);
    if (!segment) throw segmentNotFound(session, label);
    refuseLocked(session.state, label);
    const old = segment.prompts[n];
    if (!old) {
      const many = `${segment.prompts.length} ${segment.prompts.length === 1 ? "prompt" : "prompts"}`;
      throw new HttpError("prompt_not_found", `There is no prompt ${n}: object ${label} has ${many}, counted from 0`);
    }
    const change = plan(old);
    const edit = change?.edit ?? ({ type: "remove", at: n } as const);
    const object = await opened.object(label);
    const options = { predict: true, autozoom: true, signal: caller.signal };
    const beside = besideOf(session, label, others, true);
    const applied = await predictOrLeave(session, opened, label, options, (passes) =>
      object.rewrite(edit, { ...passes, beside }),
    );
    const name = `${change?.name ?? "removed"} prompt ${n + 1} of ${nameOf(session.state, label)}`;
    const added = change ? [change.summary] : [];
    const listed = (prompts: readonly PromptSummary[]) => prompts.toSpliced(n, 1, ...added);
    return commitObject(session, opened, object, applied, { prompts: listed, step: { name }, beside, key: caller.key });
  });
}

/** One turn of work on the image. */
export function work<T>(session: Session, caller: Caller, run: (opened: OpenedImage) => Promise<T>): Promise<T> {
  return session.work(() => session.useImage(run), caller);
}

/** The engine's part; a new object that got no prompt is forgotten again. */
export async function predictOrLeave(
  session: Session,
  opened: OpenedImage,
  label: number,
  options: PromptOptions,
  predict: (passes: RewriteOptions) => Promise<Applied>,
): Promise<Applied> {
  const { autozoom, progress } = options;
  const signal = AbortSignal.any([session.signal, options.signal]);
  try {
    signal.throwIfAborted();
    return await predict({
      owner: session.id,
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

/** How what the engine did to an object becomes a change of the session. */
export interface ObjectCommit {
  /** Its prompts after it. */
  readonly prompts: (before: readonly PromptSummary[]) => readonly PromptSummary[];
  /** A step of its own, or a part of the object's last one. */
  readonly step: StepFacts | "last";
  readonly beside?: Beside;
  readonly key?: string;
}

/**
 * Puts what the engine did on disk, as a step or as a part of the object's last one. When that fails, memory and disk differ and
 * disk is right: the image is let go, and opened from there by the next call.
 */
export async function commitObject(
  session: Session,
  opened: OpenedImage,
  object: SegmentObject,
  applied: Applied,
  { prompts: plan, step, beside, key }: ObjectCommit,
): Promise<ObjectChange> {
  const { label } = object;
  let taking: Taking;
  try {
    taking = await takeFromOthers(session, opened, label, beside);
    const saved = together(writeObject(objectKey(label), await object.save()), taking.saved);
    await session.change((before) => {
      const prompts = plan(findSegment(before, label)?.prompts ?? []);
      const state = taking.apply(withSegment(before, { label, voxels: object.voxels, prompts }));
      const moves = (steps: number) => new Map([[label, { steps, undoable: object.undoable }], ...taking.moves]);
      if (step !== "last") return { state, ...saved, step: { ...step, moves: moves(1) } };
      const extended = extendStep(before, label, state, moves(0), session);
      return { ...extended, ...together(extended, saved) };
    }, key);
  } catch (error) {
    session.rest();
    throw error;
  }
  const { voxels, prompts } = object;
  const { taken, spared } = taking;
  tellChanged(session, label, voxels, applied.changed);
  taking.tell();
  return { ...applied, label, voxels, prompts, maskRevision: session.state.maskRevision, taken, spared };
}

/** Tells those who follow the session that the object changed inside the box. */
export function tellChanged(session: Session, label: number, voxels: number, changed: Box | undefined): void {
  const box = changed ? copyBox(changed) : null;
  const mask_revision = session.state.maskRevision;
  session.events.push({ type: "segment", label, voxels, box, removed: false, mask_revision });
}

function copyBox([i, j, k]: Box): Box {
  return [
    [i[0], i[1]],
    [j[0], j[1]],
    [k[0], k[1]],
  ];
}
