import type { PromptSummary } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import type { LabelState, SegmentState, SessionState } from "./state.ts";

/**
 * Where a session is in its history: one list over all that was done. What a step changed is a blob of its own
 * (`stepKey`), written with the change itself, so that a change costs the same however long the list is.
 */
export interface HistoryState {
  /** Steps in effect, oldest first. */
  readonly undo: readonly HistoryEntry[];
  /** Steps undone, to be redone from the last on. */
  readonly redo: readonly HistoryEntry[];
  /** Of the next step: ids grow. */
  readonly nextId: number;
}

export interface HistoryEntry {
  readonly id: number;
  /** Bytes on disk: the step, and the saved objects it keeps. */
  readonly bytes: number;
  /** What it was to the objects in it, so that nobody has to read it for that; absent in lists of before. */
  readonly objects?: readonly ObjectMoves[];
}

/** Label, and steps that its own history went; `made`: there was no such object before. */
export type ObjectMoves = readonly [label: number, moves: number | "made"];

export function movesOf({ segments }: Pick<HistoryStep, "segments">): readonly ObjectMoves[] {
  return segments.map(({ label, moves, before }) => [label, before === undefined ? "made" : moves]);
}

export const emptyHistory: HistoryState = { undo: [], redo: [], nextId: 1 };

/** One change of the session, both ways. Masks are not here: an object's own history has them, `moves` steps of it. */
export interface HistoryStep {
  readonly id: number;
  /** For a person. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of one run: its objects are one step, whose name follows from them. */
  readonly run?: string;
  readonly points: readonly PointPatch[];
  readonly labels: readonly LabelPatch[];
  readonly segments: readonly SegmentPatch[];
}

/** Absent: there was none. */
export interface PointPatch {
  readonly number: number;
  readonly before?: Vec3;
  readonly after?: Vec3;
}

export interface LabelPatch {
  readonly label: number;
  readonly before?: LabelState;
  readonly after?: LabelState;
}

export interface SegmentPatch {
  readonly label: number;
  /** Voxels; absent: there was no such object. */
  readonly before?: number;
  readonly after?: number;
  /** From place `at` on, `removed` became `added`. */
  readonly prompts: { readonly at: number; readonly removed: Prompts; readonly added: Prompts };
  /** Steps that the object's own history went. */
  readonly moves: number;
}

type Prompts = readonly PromptSummary[];

export type Direction = "undo" | "redo";

/** What a change says about itself to be one that can be taken back. */
export interface StepFacts {
  readonly name: string;
  readonly run?: string;
  readonly moves?: Moves;
}

/** By label: how many steps the object's own history went, and how many it can now go back. */
export type Moves = ReadonlyMap<number, { readonly steps: number; readonly undoable: number }>;

export function stepKey(id: number): string {
  return `step-${id}`;
}

/** Where an object lies while a step could bring it back. */
export function keptKey(id: number, label: number): string {
  return `kept-${id}-${label}`;
}

/** What became different from `before` to `after`; undefined when nothing that can be taken back did. */
export function patchesBetween(
  before: SessionState,
  after: SessionState,
  moves: Moves = new Map(),
): Pick<HistoryStep, "points" | "labels" | "segments"> | undefined {
  const points = compare(before.points, after.points, ({ number }) => number).map(([number, old, now]) => ({
    number,
    before: old?.voxel,
    after: now?.voxel,
  }));
  const labels = compare(before.labels, after.labels, ({ label }) => label).map(([label, old, now]) => ({
    label,
    before: old,
    after: now,
  }));
  // An object that looks the same may have gone a step all the same.
  const segments = compare(before.segments, after.segments, ({ label }) => label, new Set(moves.keys())).map(
    ([label, old, now]) => segmentPatch(label, old, now, moves.get(label)?.steps ?? 0),
  );
  return points.length + labels.length + segments.length > 0 ? { points, labels, segments } : undefined;
}

/** Pairs what has the same key, by key, and leaves out what is the same unless it is among `always`. */
function compare<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (item: T) => number,
  always: ReadonlySet<number> = new Set(),
): [number, T?, T?][] {
  const old = new Map(before.map((item) => [keyOf(item), item]));
  const now = new Map(after.map((item) => [keyOf(item), item]));
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort((a, b) => a - b);
  return keys
    .filter((key) => always.has(key) || !same(old.get(key), now.get(key)))
    .map((key) => [key, old.get(key), now.get(key)]);
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function segmentPatch(label: number, before: SegmentState | undefined, after: SegmentState | undefined, moves: number) {
  const [old, now] = [before?.prompts ?? [], after?.prompts ?? []];
  let at = 0;
  while (at < old.length && at < now.length && same(old[at], now[at])) at++;
  const prompts = { at, removed: old.slice(at), added: now.slice(at) };
  return { label, before: before?.voxels, after: after?.voxels, prompts, moves };
}

/** The state before or after a step, from the one on its other side; the history in it is left as it is. */
export function applyStep(state: SessionState, step: HistoryStep, direction: Direction): SessionState {
  const to = direction === "undo" ? ("before" as const) : ("after" as const);
  const points = replaced(
    state.points,
    step.points,
    ({ number }) => number,
    (patch) => {
      const voxel = patch[to];
      return voxel && { number: patch.number, voxel };
    },
  );
  const labels = replaced(
    state.labels,
    step.labels,
    ({ label }) => label,
    (patch) => patch[to],
  );
  const segments = replaced(
    state.segments,
    step.segments,
    ({ label }) => label,
    (patch, old) => {
      const voxels = patch[to];
      if (voxels === undefined) return undefined;
      const { at, removed, added } = patch.prompts;
      const [gone, come] = direction === "undo" ? [added, removed] : [removed, added];
      const prompts = (old?.prompts ?? []).toSpliced(at, gone.length, ...come);
      return { label: patch.label, voxels, prompts };
    },
  );
  // Locked objects win where several overlap, so that a lock is seen in the masks.
  const lock = step.labels.some(({ before, after }) => before?.locked !== after?.locked);
  const maskRevision = state.maskRevision + (step.segments.length > 0 || lock ? 1 : 0);
  return { ...state, points, labels, segments, maskRevision };
}

function replaced<T, P>(
  items: readonly T[],
  patches: readonly P[],
  keyOf: (item: T | P) => number,
  make: (patch: P, old: T | undefined) => T | undefined,
): readonly T[] {
  if (patches.length === 0) return items;
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  for (const patch of patches) {
    const made = make(patch, byKey.get(keyOf(patch)));
    if (made === undefined) byKey.delete(keyOf(patch));
    else byKey.set(keyOf(patch), made);
  }
  return [...byKey.entries()].sort(([a], [b]) => a - b).map(([, item]) => item);
}

/** What a step is called. */
export function stepName({ run, name, segments }: HistoryStep): string {
  return run === undefined ? name : `run: ${segments.map(({ label }) => label).join(", ")}`;
}

/** Points and objects that a step changed, ascending. */
export function stepLabels({ points, labels, segments }: HistoryStep): number[] {
  const all = [...points.map(({ number }) => number), ...[...labels, ...segments].map(({ label }) => label)];
  return [...new Set(all)].sort((a, b) => a - b);
}
