import { refuseLocked, segmentNotFound } from "./points.ts";
import { extendStep } from "./recording.ts";
import { together, writeObject } from "./saved-objects.ts";
import type { ObjectChange } from "./segments.ts";
import { predictOrLeave, tellChanged, work } from "./segments.ts";
import type { Session } from "./session.ts";
import { findSegment, objectKey, withSegment } from "./state.ts";

export interface PredictObjectOptions {
  readonly autozoom: boolean;
  /** Refine the whole mask there was as well, not only what changed. */
  readonly full: boolean;
  readonly signal: AbortSignal;
}

/**
 * Predicts from the prompts that were added without it. Not a step of the history: it belongs to the step of the last of
 * them, and is taken back with it. No passes, and nothing changed, when none waits. Throws `segment_not_found`, `segment_locked`.
 */
export function predictObject(session: Session, label: number, options: PredictObjectOptions): Promise<ObjectChange> {
  const { autozoom, full, signal } = options;
  return work(session, signal, async (opened) => {
    if (!findSegment(session.state, label)) throw segmentNotFound(session, label);
    refuseLocked(session.state, label);
    const object = await opened.object(label);
    const prompting = { predict: true, autozoom, signal };
    const applied = await predictOrLeave(session, opened, label, prompting, (passes) =>
      object.predict({ ...passes, full }),
    );
    if (applied.passes > 0) {
      try {
        const saved = writeObject(objectKey(label), await object.save());
        await session.change((state) => {
          const prompts = findSegment(state, label)?.prompts ?? [];
          const after = withSegment(state, { label, voxels: applied.voxels, prompts });
          const recorded = extendStep(state, label, after, session);
          return { ...recorded, ...together(recorded, saved) };
        });
      } catch (error) {
        session.rest();
        throw error;
      }
      tellChanged(session, label, applied.voxels, applied.changed);
    }
    return { ...applied, label, prompts: object.prompts, maskRevision: session.state.maskRevision };
  });
}
