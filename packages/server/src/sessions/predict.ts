import type { Others } from "@septum/protocol";
import { refuseLocked, segmentNotFound } from "./points.ts";
import { extendStep } from "./recording.ts";
import { together, writeObject } from "./saved-objects.ts";
import type { ObjectChange } from "./segments.ts";
import { predictOrLeave, tellChanged, work } from "./segments.ts";
import type { Session } from "./session.ts";
import { findSegment, nameOf, objectKey, withSegment } from "./state.ts";
import { besideOf, type Taking, takeFromOthers } from "./taking.ts";

export interface PredictObjectOptions {
  readonly autozoom: boolean;
  /** Refine the whole mask there was as well, not only what changed. */
  readonly full: boolean;
  /** What becomes of other objects where this one grows. */
  readonly others?: Others;
  readonly signal: AbortSignal;
}

/**
 * Predicts from the prompts that were added without it. Not a step of the history: it belongs to the step of the last of
 * them, and is taken back with it; what it takes from other objects is a step of its own after that. No passes, and nothing
 * changed, when none waits. Throws `segment_not_found`, `segment_locked`.
 */
export function predictObject(session: Session, label: number, options: PredictObjectOptions): Promise<ObjectChange> {
  const { autozoom, full, others, signal } = options;
  return work(session, signal, async (opened) => {
    if (!findSegment(session.state, label)) throw segmentNotFound(session, label);
    refuseLocked(session.state, label);
    const object = await opened.object(label);
    const prompting = { predict: true, autozoom, signal };
    const beside = besideOf(session, label, others);
    const applied = await predictOrLeave(session, opened, label, prompting, (passes) =>
      object.predict({ ...passes, beside, full }),
    );
    let taking: Taking | undefined;
    if (applied.passes > 0) {
      try {
        const taken = await takeFromOthers(session, opened, label, beside);
        taking = taken;
        const saved = writeObject(objectKey(label), await object.save());
        await session.change((state) => {
          const prompts = findSegment(state, label)?.prompts ?? [];
          const after = withSegment(state, { label, voxels: object.voxels, prompts });
          const recorded = extendStep(state, label, after, session);
          return { ...recorded, ...together(recorded, saved) };
        });
        // Their own step: the object's may lie under others of theirs by now.
        if (taken.moves.size > 0) {
          const step = { name: `taken by ${nameOf(session.state, label)}`, moves: taken.moves };
          await session.change((state) => ({ state: taken.apply(state), ...taken.saved, step }));
        }
      } catch (error) {
        session.rest();
        throw error;
      }
      tellChanged(session, label, object.voxels, applied.changed);
      taking.tell();
    }
    const { voxels, prompts } = object;
    const { taken, spared } = taking ?? {};
    return { ...applied, label, voxels, prompts, maskRevision: session.state.maskRevision, taken, spared };
  });
}
