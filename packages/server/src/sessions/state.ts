import { labelColor, labelName, type SegmentState as Progress, type PromptSummary, type View } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import type { ImageInfo } from "../engine/engine.ts";
import { emptyHistory, type HistoryState } from "./history.ts";

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
  /** Labels with an attribute that is not the default, ascending. */
  readonly labels: readonly LabelState[];
  readonly history: HistoryState;
  /** How the session was last looked at, in the page's own words. */
  readonly view?: View;
  /** Keys of what was done under one, newest last (caller.ts). */
  readonly done?: readonly string[];
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
  /** Since the last reset, oldest first: as many as the engine's object has, in the same order. */
  readonly prompts: readonly PromptSummary[];
}

/** What is absent is as at first. */
export interface LabelState {
  readonly label: number;
  readonly name?: string;
  /** `#rrggbb` */
  readonly color?: string;
  /** In exported files. */
  readonly value?: number;
  readonly locked?: true;
  readonly state?: Progress;
}

export const emptyState: SessionState = {
  version: 1,
  points: [],
  segments: [],
  labels: [],
  history: emptyHistory,
  imageRevision: 0,
  maskRevision: 0,
};

export function objectKey(label: number): string {
  return `object-${label}`;
}

/** The state of a record. Throws when another version of the program wrote it. */
export function readState(state: unknown): SessionState {
  const version = (state as { version?: unknown } | undefined)?.version;
  if (version !== 1) throw new Error(`Session state of version ${String(version)}: this program knows version 1`);
  const { segments, ...rest } = state as SessionState & { segments: readonly (SegmentState | SegmentBefore)[] };
  return { ...emptyState, ...rest, segments: segments.map(withPrompts) };
}

/** As records had it that were written before there was a history. */
interface SegmentBefore {
  readonly label: number;
  readonly voxels: number;
  readonly steps: readonly (PromptSummary | { readonly kind: "reset" })[];
}

function withPrompts(segment: SegmentState | SegmentBefore): SegmentState {
  if ("prompts" in segment) return segment;
  const { steps, label, voxels } = segment;
  const from = steps.findLastIndex(({ kind }) => kind === "reset") + 1;
  return { label, voxels, prompts: steps.slice(from) as PromptSummary[] };
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
  const points = [...others, point].sort((a, b) => a.number - b.number);
  return withFreeValue({ ...state, points }, point.number);
}

export function withoutPoints(state: SessionState, numbers: ReadonlySet<number>): SessionState {
  return { ...state, points: state.points.filter(({ number }) => !numbers.has(number)) };
}

/** The state with this object in the place of any other of its label, as a new revision of the masks. */
export function withSegment(state: SessionState, segment: SegmentState): SessionState {
  const others = state.segments.filter(({ label }) => label !== segment.label);
  const segments = [...others, segment].sort((a, b) => a.label - b.label);
  return withFreeValue({ ...state, segments, maskRevision: state.maskRevision + 1 }, segment.label);
}

/** A label that comes into use does not get a value that another one was given: it gets the highest plus one, if it can. */
function withFreeValue(state: SessionState, label: number): SessionState {
  const value = fileValueOf(state, label);
  const taken = new Set(
    labelsInUse(state)
      .filter((other) => other !== label)
      .map((other) => fileValueOf(state, other)),
  );
  if (!taken.has(value)) return state;
  const own = state.labels.find((known) => known.label === label);
  return withLabel(state, { ...own, label, value: nextFree([...taken, ...labelsInUse(state)]) });
}

export function withoutSegments(state: SessionState, labels: ReadonlySet<number>): SessionState {
  const segments = state.segments.filter(({ label }) => !labels.has(label));
  return { ...state, segments, maskRevision: state.maskRevision + 1 };
}

export function labelsOf({ segments }: SessionState): readonly number[] {
  return segments.map(({ label }) => label);
}

/** The state with these attributes of a label; without any, the label is as at first. */
export function withLabel(state: SessionState, label: LabelState): SessionState {
  const others = state.labels.filter((other) => other.label !== label.label);
  const { name, color, value, locked, state: progress } = label;
  // Always in this order, so that equal ones are written equally.
  const given = Object.entries({ name, color, value, locked, state: progress }).filter(([, own]) => own !== undefined);
  const own = given.length === 0 ? [] : [{ label: label.label, ...Object.fromEntries(given) } as LabelState];
  return { ...state, labels: [...others, ...own].sort((a, b) => a.label - b.label) };
}

/** Forgets names and colours of labels that are not in use any more. */
export function withoutUnusedLabels(state: SessionState): SessionState {
  const labels = state.labels.filter(({ label }) => isInUse(state, label));
  return labels.length === state.labels.length ? state : { ...state, labels };
}

/** Whether there is a point or an object of this number. */
export function isInUse(state: SessionState, label: number): boolean {
  return findPoint(state, label) !== undefined || findSegment(state, label) !== undefined;
}

/** Labels that a point or an object has, ascending. */
export function labelsInUse({ points, segments }: SessionState): readonly number[] {
  const labels = new Set([...points.map(({ number }) => number), ...segments.map(({ label }) => label)]);
  return [...labels].sort((a, b) => a - b);
}

const highestLabel = 65535;

/** One more than the highest of these numbers, or when that is too high the lowest that is missing; undefined: none is. */
export function nextFree(numbers: readonly number[]): number | undefined {
  const taken = new Set(numbers);
  const next = 1 + numbers.reduce((highest, number) => Math.max(highest, number), 0);
  if (next <= highestLabel) return next;
  for (let number = 1; number <= highestLabel; number++) if (!taken.has(number)) return number;
  return undefined;
}

export function nameOf({ labels }: SessionState, value: number): string {
  return labels.find(({ label }) => label === value)?.name ?? labelName(value);
}

export function colorOf({ labels }: SessionState, value: number): string {
  return labels.find(({ label }) => label === value)?.color ?? labelColor(value);
}

/** In exported files. */
export function fileValueOf({ labels }: SessionState, label: number): number {
  return labels.find((known) => known.label === label)?.value ?? label;
}

export function isLocked({ labels }: SessionState, label: number): boolean {
  return labels.some((known) => known.label === label && known.locked === true);
}

export function progressOf({ labels }: SessionState, label: number): Progress {
  return labels.find((known) => known.label === label)?.state ?? "in_progress";
}

/** Labels of the objects in the order in which they win a voxel that several have: locked ones first, then lower ones. */
export function layersOf(state: SessionState): readonly number[] {
  const labels = labelsOf(state);
  const locked = labels.filter((label) => isLocked(state, label));
  return locked.length === 0 ? labels : [...locked, ...labels.filter((label) => !locked.includes(label))];
}

/** Whether the object grew from exactly this positive point. */
export function isMadeFrom(segment: SegmentState | undefined, voxel: Vec3): boolean {
  const first = segment?.prompts[0];
  return first?.kind === "point" && first.positive && first.voxel !== undefined && sameVoxel(first.voxel, voxel);
}

export function sameVoxel(a: Vec3, b: Vec3): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}
