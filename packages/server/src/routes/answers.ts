import type {
  HistoryStep,
  ImageFacts,
  ModelFacts,
  NumberedPoint,
  SegmentChange,
  SegmentSummary,
  SessionSummary,
} from "@septum/protocol";
import type { Engine, ImageInfo } from "../engine/engine.ts";
import { type HistoryStep as StepOfSession, stepLabels, stepName } from "../sessions/history.ts";
import { attributesOf } from "../sessions/labels.ts";
import type { ObjectChange } from "../sessions/segments.ts";
import type { Session } from "../sessions/session.ts";
import { colorOf, type SessionState } from "../sessions/state.ts";

/** From what the server keeps to what it says: names become snake_case, times ISO 8601. */

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function imageFacts(info: ImageInfo): ImageFacts {
  const { size, spacing, affine, orientation, dtype, range, window } = info;
  return {
    shape: size,
    spacing: [...spacing],
    affine: [...affine],
    orientation,
    dtype,
    data_range: [...range],
    window: [...window],
  };
}

export function modelFacts({ model, secondsPerPass }: Engine): ModelFacts {
  const { name, licence, patchSize, device, providers } = model;
  return {
    name,
    licence,
    patch_size: [...patchSize],
    device,
    providers: [...providers],
    seconds_per_pass: secondsPerPass,
  };
}

export function sessionSummary(session: Session): SessionSummary {
  const { id, createdAt, lastActivity, state } = session;
  return {
    session_id: id,
    created_at: isoTime(createdAt),
    last_activity: isoTime(lastActivity),
    nifti_loaded: state.image !== undefined,
    nifti_shape: state.image?.info.size ?? null,
    total_points: state.points.length,
  };
}

export function numberedPoints(state: SessionState): NumberedPoint[] {
  return state.points.map(({ number, voxel }) => ({ number, voxel, color: colorOf(state, number) }));
}

export function segmentSummaries(state: SessionState): SegmentSummary[] {
  return state.segments.map(({ label, voxels, prompts }) => ({
    label,
    ...attributesOf(state, label),
    voxels,
    prompts: [...prompts],
  }));
}

export function historyStep(step: StepOfSession): HistoryStep {
  return { id: step.id, name: stepName(step), time: isoTime(step.at), labels: stepLabels(step) };
}

export function labelAnswer(state: SessionState, number: number) {
  return { number, ...attributesOf(state, number) };
}

export function segmentChange(session: Session, change: ObjectChange): SegmentChange {
  return {
    session_id: session.id,
    label: change.label,
    changed_box: change.changed ?? null,
    voxels: change.voxels,
    prompts: change.prompts,
    passes: change.passes,
    zooms: [...change.zooms],
    seconds_network: change.secondsNetwork,
    seconds_total: change.secondsTotal,
    mask_revision: change.maskRevision,
    taken: (change.taken ?? []).map(({ label, voxels }) => ({ label, voxels })),
    spared: [...(change.spared ?? [])],
  };
}
