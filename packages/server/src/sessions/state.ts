import type { PromptSummary } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import type { ImageInfo } from "../engine/engine.ts";

/**
 * What a session is, apart from voxels: plain data, replaced whole by every change and kept in the store's record.
 * Masks, prompts and history of an object are the blob `objectKey(label)`, which the engine makes and reads.
 */
export interface SessionState {
  readonly version: 1;
  readonly image?: ImageState;
  /** By number, ascending. */
  readonly points: readonly NumberedPoint[];
  /** By label, ascending. */
  readonly segments: readonly SegmentState[];
  readonly imageRevision: number;
  readonly maskRevision: number;
}

export interface ImageState {
  readonly info: ImageInfo;
  /** Which volume of a 4D file. */
  readonly frame?: number;
}

export interface NumberedPoint {
  readonly number: number;
  readonly voxel: Vec3;
}

export interface SegmentState {
  readonly label: number;
  readonly voxels: number;
  /** What was done to the object, in order; undo takes the last away. */
  readonly steps: readonly Step[];
}

export type Step = PromptSummary | { readonly kind: "reset" };

export const emptyState: SessionState = { version: 1, points: [], segments: [], imageRevision: 0, maskRevision: 0 };

/** Steps kept to show and to tell where an object came from. The engine keeps its own history. */
const keptSteps = 1000;

export function objectKey(label: number): string {
  return `object-${label}`;
}

/** The state of a record. Throws when another version of the program wrote it. */
export function readState(state: unknown): SessionState {
  const version = (state as { version?: unknown } | undefined)?.version;
  if (version !== 1) throw new Error(`Session state of version ${String(version)}: this program knows version 1`);
  return state as SessionState;
}

export function findPoint(state: SessionState, number: number): NumberedPoint | undefined {
  return state.points.find((point) => point.number === number);
}

export function findSegment(state: SessionState, label: number): SegmentState | undefined {
  return state.segments.find((segment) => segment.label === label);
}

/** The state with this point in the place of any other of its number. */
export function withPoint(state: SessionState, point: NumberedPoint): SessionState {
  const others = state.points.filter(({ number }) => number !== point.number);
  return { ...state, points: [...others, point].sort((a, b) => a.number - b.number) };
}

export function withoutPoints(state: SessionState, numbers: ReadonlySet<number>): SessionState {
  return { ...state, points: state.points.filter(({ number }) => !numbers.has(number)) };
}

/** The state with this object in the place of any other of its label, as a new revision of the masks. */
export function withSegment(state: SessionState, segment: SegmentState): SessionState {
  const others = state.segments.filter(({ label }) => label !== segment.label);
  const kept = { ...segment, steps: trimmed(segment.steps) };
  const segments = [...others, kept].sort((a, b) => a.label - b.label);
  return { ...state, segments, maskRevision: state.maskRevision + 1 };
}

export function withoutSegments(state: SessionState, labels: ReadonlySet<number>): SessionState {
  const segments = state.segments.filter(({ label }) => !labels.has(label));
  return { ...state, segments, maskRevision: state.maskRevision + 1 };
}

export function labelsOf({ segments }: SessionState): readonly number[] {
  return segments.map(({ label }) => label);
}

/** The prompts an object is made of: those after its last reset. */
export function currentPrompts({ steps }: SegmentState): readonly PromptSummary[] {
  const from = steps.findLastIndex((step) => step.kind === "reset") + 1;
  return steps.slice(from) as readonly PromptSummary[];
}

/** Whether the object grew from exactly this positive point. */
export function isMadeFrom(segment: SegmentState | undefined, voxel: Vec3): boolean {
  const first = segment && currentPrompts(segment)[0];
  return first?.kind === "point" && first.positive && first.voxel !== undefined && sameVoxel(first.voxel, voxel);
}

export function sameVoxel(a: Vec3, b: Vec3): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}

/** Drops a step when there are too many: one from before the last reset, else the second, since the first tells the origin. */
function trimmed(steps: readonly Step[]): readonly Step[] {
  if (steps.length <= keptSteps) return steps;
  const afterReset = steps.findLastIndex((step) => step.kind === "reset") + 1;
  return afterReset > 0 ? steps.slice(1) : [steps[0], ...steps.slice(2)];
}
