import type { Vec3 } from "@septum/volume";
import { checkVoxel } from "../drawing/bounds.ts";
import { HttpError, noImage } from "../http/http-error.ts";
import type { Caller } from "./caller.ts";
import type { Session } from "./session.ts";
import {
  findPoint,
  findSegment,
  isLocked,
  labelsInUse,
  nameOf,
  nextFree,
  type SessionState,
  withoutPoints,
  withoutSegments,
  withoutUnusedLabels,
  withPoint,
} from "./state.ts";

/**
 * Marks a numbered point; a number used again moves its point, whose object is then made anew by the next run. Without a
 * number it becomes the highest in use plus one. Returns the number.
 */
export async function markPoint(session: Session, voxel: Vec3, number?: number, key?: string): Promise<number> {
  let marked = 0;
  await session.change((state) => {
    if (!state.image) throw noImage();
    checkVoxel(voxel, state.image.info.size);
    marked = number ?? freeLabel(state);
    const { points } = session.limits;
    if (state.points.length >= points && !findPoint(state, marked)) {
      throw new HttpError("limit_reached", `This session has ${points} points, as many as it may: remove one first`);
    }
    const name = `${findPoint(state, marked) ? "moved" : "marked"} point ${marked}`;
    return { state: withPoint(state, { number: marked, voxel }), step: { name } };
  }, key);
  session.events.push({ type: "points", total_points: session.state.points.length });
  return marked;
}

/** The highest number in use plus one, or the lowest that nobody has. */
export function freeLabel(state: SessionState): number {
  const free = nextFree(labelsInUse(state));
  if (free === undefined)
    throw new HttpError("limit_reached", "Every number is in use: remove a point or an object first");
  return free;
}

/** Removes a point and the object made from it. Throws `point_not_found`. */
export async function removePoint(session: Session, number: number, caller: Caller): Promise<void> {
  if (!findPoint(session.state, number)) {
    throw new HttpError("point_not_found", `There is no point ${number}${numbersInUse(session)}`);
  }
  await remove(session, [number], caller, `removed point ${number}`);
}

/** Removes all points and the objects made from them. */
export async function clearPoints(session: Session, caller: Caller): Promise<void> {
  await remove(
    session,
    session.state.points.map(({ number }) => number),
    caller,
    "cleared points",
  );
}

/** Removes the object, and the point of its number. Throws `segment_not_found`. */
export async function removeSegment(session: Session, label: number, caller: Caller): Promise<void> {
  if (!findSegment(session.state, label)) throw segmentNotFound(session, label);
  await remove(session, [label], caller, `removed ${nameOf(session.state, label)}`);
}

export function segmentNotFound(session: Session, label: number): HttpError {
  const labels = session.state.segments.map((segment) => segment.label);
  return new HttpError(
    "segment_not_found",
    `There is no object ${label}: ${labels.length > 0 ? `there are ${labels.join(", ")}` : "nothing has been segmented yet"}`,
  );
}

/** Throws `segment_locked` when nothing may change the object with this label. */
export function refuseLocked(state: SessionState, label: number): void {
  if (!isLocked(state, label)) return;
  const name = nameOf(state, label);
  throw new HttpError("segment_locked", `${name} (${label}) is locked, so that nothing changes it: unlock it first`);
}

async function remove(session: Session, numbers: readonly number[], caller: Caller, name: string): Promise<void> {
  const gone = new Set(numbers);
  for (const number of gone) session.run?.skip(number);
  let removed: readonly number[] = [];
  await session.work(async () => {
    await session.change((state) => {
      for (const label of gone) refuseLocked(state, label);
      removed = state.segments.map(({ label }) => label).filter((label) => gone.has(label));
      const points = withoutPoints(state, gone);
      const without = removed.length === 0 ? points : withoutSegments(points, gone);
      return { state: withoutUnusedLabels(without), step: { name } };
    }, caller.key);
    session.forgetObjects(removed);
  }, caller);
  session.events.push({ type: "points", total_points: session.state.points.length });
  for (const label of removed) tellRemoved(session, label);
}

/** Tells those who follow the session that the object is gone. */
export function tellRemoved(session: Session, label: number): void {
  const mask_revision = session.state.maskRevision;
  session.events.push({ type: "segment", label, voxels: 0, box: null, removed: true, mask_revision });
}

function numbersInUse({ state }: Session): string {
  if (state.points.length === 0) return ": no point is marked";
  return `: marked are ${state.points.map(({ number }) => number).join(", ")}`;
}
