import { type Box, uniteBoxes } from "@septum/volume";
import type { SegmentObject } from "../engine/engine.ts";
import { HttpError } from "../http/http-error.ts";
import type { Caller } from "./caller.ts";
import { applyStep, type Direction, type HistoryStep, keptKey, type SegmentPatch } from "./history.ts";
import { tellLabel } from "./labels.ts";
import type { OpenedImage } from "./opened-image.ts";
import { refuseLocked, segmentNotFound, tellRemoved } from "./points.ts";
import { recordTravel, takeOut } from "./recording.ts";
import { type BlobChange, readObject, together, writeObject } from "./saved-objects.ts";
import { type ObjectChange, tellChanged, work } from "./segments.ts";
import type { Change, Session } from "./session.ts";
import { findSegment, nameOf, objectKey, type SessionState } from "./state.ts";

/** What an undo or a redo did. */
export interface Travelled {
  readonly step: HistoryStep;
  readonly segments: readonly TravelledObject[];
}

export interface TravelledObject {
  readonly label: number;
  readonly removed: boolean;
  readonly voxels: number;
  readonly prompts: number;
  readonly changed?: Box;
}

/**
 * Takes back the last step of the session's history, or brings back the last that was undone, whatever it was. On disk when
 * it resolves. Throws `nothing_to_undo`, `nothing_to_redo`.
 */
export function travel(session: Session, direction: Direction, caller: Caller): Promise<Travelled> {
  return session.work(async () => {
    for (;;) {
      const step = await session.read(() => nextStep(session, direction));
      const go = (opened?: OpenedImage) => goThrough(session, step, direction, opened, caller.key);
      const travelled = await (step.segments.length > 0 ? session.useImage(go) : go());
      // Otherwise a point was marked, or something named, in the meantime: that comes first.
      if (travelled) return travelled;
    }
  }, caller);
}

/**
 * Takes back the object's last prompt, rewriting, reset or making by a run, wherever it is in the session's history, and puts
 * it first in line to be redone. Throws `segment_not_found`, `segment_locked`, `nothing_to_undo`.
 */
export function undoObject(session: Session, label: number, caller: Caller): Promise<ObjectChange> {
  return work(session, caller, async (opened) => {
    if (!findSegment(session.state, label)) throw segmentNotFound(session, label);
    refuseLocked(session.state, label);
    const object = await opened.object(label);
    let changed: Box | undefined;
    await changeObjects(
      session,
      async (state, begin) => {
        const taken = takeOut(state.history, label, nameOf(state, label), session);
        if (!taken) throw new HttpError("nothing_to_undo", `Object ${label} has nothing to undo`);
        begin();
        changed = await moveObject(object, taken.part.segments[0], "undo");
        const saved = writeObject(objectKey(label), await object.save());
        return {
          state: { ...applyStep(state, taken.part, "undo"), history: taken.history },
          ...together({ put: taken.put, remove: [] }, saved),
        };
      },
      caller.key,
    );
    const { voxels, prompts } = object;
    tellChanged(session, label, voxels, changed);
    const { maskRevision } = session.state;
    const noPasses = { passes: 0, zooms: [], secondsNetwork: 0, secondsTotal: 0 };
    return { ...noPasses, label, voxels, prompts, changed, maskRevision };
  });
}

function nextStep(session: Session, direction: Direction): HistoryStep {
  const entry = session.state.history[direction].at(-1);
  if (entry) return session.step(entry.id);
  if (direction === "undo") throw new HttpError("nothing_to_undo", "There is nothing to undo");
  throw new HttpError("nothing_to_redo", "There is nothing to redo");
}

/** Undefined, and nothing changed, when the step is not the next any more. */
async function goThrough(
  session: Session,
  step: HistoryStep,
  direction: Direction,
  opened: OpenedImage | undefined,
  key: string | undefined,
): Promise<Travelled | undefined> {
  const segments: TravelledObject[] = [];
  let gone = false;
  await changeObjects(
    session,
    async (state, begin) => {
      if (state.history[direction].at(-1)?.id !== step.id) return undefined;
      begin();
      const saved: BlobChange[] = [];
      for (const patch of opened ? step.segments : []) {
        segments.push(await travelObject(session, opened as OpenedImage, step, patch, direction, saved));
      }
      gone = true;
      return recordTravel(applyStep(state, step, direction), step, direction, together(...saved), session);
    },
    key,
  );
  if (!gone) return undefined;
  session.forgetObjects(segments.filter(({ removed }) => removed).map(({ label }) => label));
  tell(session, step, segments);
  return { step, segments };
}

/** Brings one object to the other side of the step; `saved` takes what is to be kept of one that is there on both. */
async function travelObject(
  session: Session,
  opened: OpenedImage,
  step: HistoryStep,
  patch: SegmentPatch,
  direction: Direction,
  saved: BlobChange[],
): Promise<TravelledObject> {
  const { label, before, after } = patch;
  const [was, is] = direction === "undo" ? [after, before] : [before, after];
  if (is === undefined) return { label, removed: true, voxels: 0, prompts: 0 };
  const kept = was === undefined ? readObject(session, keptKey(step.id, label)) : undefined;
  const object = await opened.object(label, kept);
  const changed = was === undefined ? await object.bounds() : await moveObject(object, patch, direction);
  if (was !== undefined) saved.push(writeObject(objectKey(label), await object.save()));
  const { voxels, prompts } = object;
  return { label, removed: false, voxels, prompts, changed };
}

/** Goes the patch's steps through the object's own history; returns where its mask changed. */
async function moveObject(
  object: SegmentObject,
  { moves }: SegmentPatch,
  direction: Direction,
): Promise<Box | undefined> {
  let changed: Box | undefined;
  for (let step = 0; step < moves; step++) {
    const applied = await object[direction]();
    if (!applied) throw new Error(`The history of object ${object.label} has lost a step that the session's list has`);
    changed = uniteBoxes(changed, applied.changed);
  }
  return changed;
}

/**
 * A change whose plan changes objects in memory after it called `begin`. When it fails from there on, memory and disk differ
 * and disk is right: the image is let go, and opened from there by the next call.
 */
async function changeObjects(
  session: Session,
  plan: (state: SessionState, begin: () => void) => Promise<Change | undefined>,
  key: string | undefined,
): Promise<void> {
  let begun = false;
  try {
    await session.change(
      (state) =>
        plan(state, () => {
          begun = true;
        }),
      key,
    );
  } catch (error) {
    if (begun) session.rest();
    throw error;
  }
}

function tell(session: Session, step: HistoryStep, segments: readonly TravelledObject[]): void {
  const { state, events } = session;
  if (step.points.length > 0) events.push({ type: "points", total_points: state.points.length });
  for (const { label } of step.labels) tellLabel(session, label);
  for (const { label, removed, voxels, changed } of segments) {
    if (removed) tellRemoved(session, label);
    else tellChanged(session, label, voxels, changed);
  }
}
