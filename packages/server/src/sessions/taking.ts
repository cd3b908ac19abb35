import type { Others } from "@septum/protocol";
import type { Settlement } from "@septum/segment";
import type { Beside, SegmentObject } from "../engine/engine.ts";
import type { Moves } from "./history.ts";
import type { OpenedImage } from "./opened-image.ts";
import { type BlobChange, together, writeObject } from "./saved-objects.ts";
import { tellChanged } from "./segments.ts";
import type { Session } from "./session.ts";
import { findSegment, isLocked, objectKey, type SessionState, withSegment } from "./state.ts";

/** What the change of one object did to the others. */
export interface Taking extends Settlement {
  /** What the others' part of the change puts into the store. */
  readonly saved: BlobChange;
  readonly moves: Moves;
  /** The state with the others as they are now. */
  apply(state: SessionState): SessionState;
  /** Tells those who follow the session which others changed. */
  tell(): void;
}

const nothing: BlobChange = { put: new Map(), remove: [] };

/**
 * What the object may have of others by its next change; undefined when it has not to look at them. With `rewritten` something
 * said earlier is changed, which brings back nothing that others took since.
 */
export function besideOf(
  { state }: Session,
  label: number,
  others: Others | undefined,
  rewritten = false,
): Beside | undefined {
  const take = others === "take";
  if (!take && !rewritten) return undefined;
  const neighbours = state.segments.filter((segment) => segment.label !== label && segment.voxels > 0);
  if (neighbours.length === 0) return undefined;
  return { take, rewritten, others: neighbours.map(({ label }) => ({ label, locked: isLocked(state, label) })) };
}

/**
 * Settles whose the voxels are that the object, which was changed just now, gained by that: it gives back what others keep, and
 * when it takes, unlocked others lose the rest. Nothing is on disk yet.
 */
export async function takeFromOthers(
  session: Session,
  opened: OpenedImage,
  label: number,
  beside: Beside | undefined,
): Promise<Taking> {
  const settled = beside ? await opened.image.settle(label, beside) : { taken: [], spared: [] };
  const objects: SegmentObject[] = [];
  let saved = nothing;
  for (const { label } of settled.taken) {
    const object = await opened.object(label);
    objects.push(object);
    saved = together(saved, writeObject(objectKey(label), await object.save()));
  }
  return {
    ...settled,
    saved,
    moves: new Map(objects.map(({ label, undoable }) => [label, { steps: 1, undoable }])),
    apply: (before) =>
      objects.reduce((after, { label, voxels }) => {
        const segment = findSegment(after, label);
        return segment ? withSegment(after, { ...segment, voxels }) : after;
      }, before),
    tell() {
      for (const { label, changed } of settled.taken) {
        tellChanged(session, label, objects.find((object) => object.label === label)?.voxels ?? 0, changed);
      }
    },
  };
}
