import type { Others } from "@septum/protocol";
import type { Caller } from "./caller.ts";
import { refuseLocked, segmentNotFound } from "./points.ts";
import { goesWithPrompt } from "./recording.ts";
import { commitObject, type ObjectChange, predictOrLeave, work } from "./segments.ts";
import type { Session } from "./session.ts";
import { findSegment, nameOf } from "./state.ts";
import { besideOf } from "./taking.ts";

export interface PredictObjectOptions extends Caller {
  readonly autozoom: boolean;
  /** Refine the whole mask there was as well, not only what changed. */
  readonly full: boolean;
  /** What becomes of other objects where this one grows. */
  readonly others?: Others;
}

/**
 * Predicts from the prompts that were added without it: with what it takes from other objects, a part of the last one's step
 * when that is the newest of the history, and otherwise a step of its own. No passes, and nothing changed, when none waits.
 * Throws `segment_not_found`, `segment_locked`.
 */
export function predictObject(session: Session, label: number, options: PredictObjectOptions): Promise<ObjectChange> {
  const { autozoom, full, others, signal, key } = options;
  return work(session, options, async (opened) => {
    if (!findSegment(session.state, label)) throw segmentNotFound(session, label);
    refuseLocked(session.state, label);
    const object = await opened.object(label);
    const ownStep = !(await session.read(() => goesWithPrompt(session.state, label, session)));
    const beside = besideOf(session, label, others);
    const applied = await predictOrLeave(session, opened, label, { predict: true, autozoom, signal }, (passes) =>
      object.predict({ ...passes, beside, full, ownStep }),
    );
    if (applied.passes === 0) {
      const { voxels, prompts } = object;
      return { ...applied, label, voxels, prompts, maskRevision: session.state.maskRevision };
    }
    const name = `prediction, ${nameOf(session.state, label)}`;
    const step = ownStep ? { name } : "last";
    return commitObject(session, opened, object, applied, { prompts: (before) => before, step, beside, key });
  });
}
