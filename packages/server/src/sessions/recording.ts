import {
  type Direction,
  type HistoryEntry,
  type HistoryState,
  type HistoryStep,
  keptKey,
  type Moves,
  movesOf,
  patchesBetween,
  type SegmentPatch,
  type StepFacts,
  stepKey,
} from "./history.ts";
import type { Limits } from "./limits.ts";
import { type BlobChange, type BlobSource, partKey, readObject, together } from "./saved-objects.ts";
import { objectKey, type SessionState } from "./state.ts";

/** What is on disk of the session. */
export interface StepSource extends BlobSource {
  /** Beyond them the oldest steps are forgotten, whole. */
  readonly limits: Pick<Limits, "historySteps" | "historyBytes">;
  step(id: number): HistoryStep;
}

/** A state with its history, and what goes to the store with it. */
export interface Recorded extends BlobChange {
  readonly state: SessionState;
}

/** Adds what happened from `before` to `after` to the history; what had been undone can no longer be redone. */
export function recordChange(
  before: SessionState,
  after: SessionState,
  { name, run, moves }: StepFacts,
  at: number,
  source: StepSource,
): Recorded {
  const patches = patchesBetween(before, after, moves);
  const { history } = before;
  if (!patches) return { state: { ...after, history }, put: new Map(), remove: [] };

  const remove = history.redo.flatMap(({ id }) => keysOf(source.step(id), "undo", source));
  const last = history.undo.at(-1);
  const top = last && source.step(last.id);
  const goesOn = run !== undefined && top?.run === run && history.redo.length === 0;
  const step: HistoryStep = goesOn
    ? { ...top, at, segments: byLabel([...top.segments, ...patches.segments]) }
    : { id: history.nextId, name, at, run, ...patches };
  const { put, bytes, taken } = putStep(step, "redo", source);
  const earlier = goesOn ? history.undo.slice(0, -1) : history.undo;
  const undo = [...earlier, { id: step.id, bytes, objects: movesOf(step) }];
  const nextId = Math.max(history.nextId, step.id + 1);
  const stepOf = (id: number) => (id === step.id ? step : source.step(id));
  const forgotten = undo.slice(0, firstKept(undo, moves, stepOf, source.limits));
  return {
    state: { ...after, history: { undo: undo.slice(forgotten.length), redo: [], nextId } },
    put,
    remove: [...remove, ...taken, ...forgotten.flatMap(({ id }) => keysOf(stepOf(id), "redo", source))],
  };
}

/**
 * Whether the newest step is one in which something was said to this object: a prediction that was put off then goes with it.
 * Otherwise it is a step of its own, so that undo takes back first what was done last.
 */
export function goesWithPrompt({ history }: SessionState, label: number, source: StepSource): boolean {
  const last = history.undo.at(-1);
  const patch = last && source.step(last.id).segments.find((segment) => segment.label === label);
  return patch !== undefined && patch.moves > 0 && patch.prompts.removed.length + patch.prompts.added.length > 0;
}

/**
 * Adds what happened from `before` to `after` to the object's newest step, as in its own history. `moves` are those of the
 * objects it took from, too. What had been undone can no longer be redone.
 */
export function extendStep(
  before: SessionState,
  label: number,
  after: SessionState,
  moves: Moves,
  source: StepSource,
): Recorded {
  const { history } = before;
  const remove = history.redo.flatMap(({ id }) => keysOf(source.step(id), "undo", source));
  const place = history.undo.findLastIndex(({ id }) =>
    source.step(id).segments.some((segment) => segment.label === label && segment.moves > 0),
  );
  if (place < 0) return { state: { ...after, history: { ...history, redo: [] } }, put: new Map(), remove };
  const entry = history.undo[place];
  const step = source.step(entry.id);
  const added = patchesBetween(before, after, moves)?.segments ?? [];
  const extended: HistoryStep = { ...step, segments: joined(step.segments, added) };
  const [old, now] = [encodeStep(step), encodeStep(extended)];
  const bytes = entry.bytes + now.length - old.length;
  const undo = history.undo.with(place, { ...entry, bytes, objects: movesOf(extended) });
  const stepOf = (id: number) => (id === step.id ? extended : source.step(id));
  const forgotten = undo.slice(0, firstKept(undo, moves, stepOf, source.limits));
  return {
    state: { ...after, history: { ...history, undo: undo.slice(forgotten.length), redo: [] } },
    put: new Map([[stepKey(step.id), now]]),
    remove: [...remove, ...forgotten.flatMap(({ id }) => keysOf(stepOf(id), "redo", source))],
  };
}

/** The patches of one step, and further ones that leave the prompts as they are. */
function joined(patches: readonly SegmentPatch[], further: readonly SegmentPatch[]): readonly SegmentPatch[] {
  const byKey = new Map(patches.map((patch) => [patch.label, patch]));
  for (const patch of further) {
    const known = byKey.get(patch.label);
    byKey.set(patch.label, known ? { ...known, after: patch.after, moves: known.moves + patch.moves } : patch);
  }
  return byLabel([...byKey.values()]);
}

/** Moves the newest step over to the other list. `saved` is what the engine made of objects that are there on both sides. */
export function recordTravel(
  state: SessionState,
  step: HistoryStep,
  direction: Direction,
  saved: BlobChange,
  source: StepSource,
): Recorded {
  const { undo, redo, nextId } = state.history;
  const { put, bytes, taken } = putStep(step, direction, source);
  const entry: HistoryEntry = { id: step.id, bytes, objects: movesOf(step) };
  const history: HistoryState =
    direction === "undo"
      ? { undo: undo.slice(0, -1), redo: [...redo, entry], nextId }
      : { undo: [...undo, entry], redo: redo.slice(0, -1), nextId };
  return { state: { ...state, history }, ...together({ put, remove: taken }, saved) };
}

/** An object's last change, taken out of the list from wherever it is. */
export interface TakenOut {
  readonly part: HistoryStep;
  readonly history: HistoryState;
  readonly put: ReadonlyMap<string, Uint8Array>;
}

/**
 * The newest step in which the object's own history went on, put first in line to be redone. What else the step did stays
 * where it was; so does the making of the object, which is then empty. Undefined when there is no such step.
 */
export function takeOut(history: HistoryState, label: number, name: string, source: StepSource): TakenOut | undefined {
  for (let place = history.undo.length - 1; place >= 0; place--) {
    const step = source.step(history.undo[place].id);
    const patch = step.segments.find((segment) => segment.label === label);
    if (patch === undefined) continue;
    if (patch.moves > 0) return split(history, place, step, patch, name);
    if (patch.before === undefined) return undefined;
  }
  return undefined;
}

function split(history: HistoryState, place: number, step: HistoryStep, patch: SegmentPatch, name: string): TakenOut {
  const { label } = patch;
  const empty: SegmentPatch = { label, after: 0, prompts: { at: 0, removed: [], added: [] }, moves: 0 };
  const others = step.segments.filter((segment) => segment !== patch);
  const left = patch.before === undefined ? byLabel([...others, empty]) : others;
  if (left.length === 0) {
    const entry = history.undo[place];
    return {
      part: step,
      history: { ...history, undo: history.undo.toSpliced(place, 1), redo: [...history.redo, entry] },
      put: new Map(),
    };
  }
  const rest: HistoryStep = { ...step, name: others.length === 0 ? `new segment, ${name}` : step.name, segments: left };
  const part: HistoryStep = {
    ...step,
    id: history.nextId,
    points: [],
    labels: [],
    segments: [{ ...patch, before: patch.before ?? 0 }],
  };
  const [restBytes, partBytes] = [encodeStep(rest), encodeStep(part)];
  return {
    part,
    history: {
      undo: history.undo.with(place, { id: rest.id, bytes: restBytes.length, objects: movesOf(rest) }),
      redo: [...history.redo, { id: part.id, bytes: partBytes.length, objects: movesOf(part) }],
      nextId: part.id + 1,
    },
    put: new Map([
      [stepKey(rest.id), restBytes],
      [stepKey(part.id), partBytes],
    ]),
  };
}

/** The step's own blob, and the objects that it takes away and keeps, or gives back, when it goes this way. */
function putStep(step: HistoryStep, direction: Direction, source: StepSource) {
  const encoded = encodeStep(step);
  const put = new Map([[stepKey(step.id), encoded]]);
  const taken: string[] = [];
  let bytes = encoded.length;
  for (const { label, before, after } of step.segments) {
    const [was, is] = direction === "undo" ? [after, before] : [before, after];
    if ((was === undefined) === (is === undefined)) continue;
    const [from, to] =
      is === undefined ? [objectKey(label), keptKey(step.id, label)] : [keptKey(step.id, label), objectKey(label)];
    // An object that is only just being made has nothing kept to come from.
    for (const [part, content] of readObject(source, from) ?? []) {
      put.set(partKey(to, part), content);
      taken.push(partKey(from, part));
      if (is === undefined) bytes += content.length;
    }
  }
  return { put, bytes, taken };
}

/** Everything on disk of a step that has last gone this way. */
function keysOf({ id, segments }: HistoryStep, direction: Direction, source: BlobSource): string[] {
  const gone = segments.filter(({ before, after }) => (direction === "undo" ? before : after) === undefined);
  const kept = gone.map(({ label }) => keptKey(id, label));
  const partsOf = (key: string) => [...(readObject(source, key)?.keys() ?? [])].map((part) => partKey(key, part));
  return [stepKey(id), ...kept.flatMap(partsOf)];
}

/** Place of the oldest step to keep: within the budget, and not older than what the objects themselves can take back. */
function firstKept(
  undo: readonly HistoryEntry[],
  moves: Moves | undefined,
  stepOf: (id: number) => HistoryStep,
  { historySteps, historyBytes }: StepSource["limits"],
): number {
  let place = undo.length - 1;
  for (let bytes = undo[place].bytes; place > 0; place--) {
    bytes += undo[place - 1].bytes;
    if (bytes > historyBytes || undo.length - place >= historySteps) break;
  }
  for (const [label, { undoable }] of moves ?? [])
    place = Math.max(place, firstUndoable(undo, label, undoable, stepOf));
  return place;
}

function firstUndoable(
  undo: readonly HistoryEntry[],
  label: number,
  undoable: number,
  stepOf: (id: number) => HistoryStep,
): number {
  let steps = 0;
  for (let place = undo.length - 1; place >= 0; place--) {
    const { id, objects = movesOf(stepOf(id)) } = undo[place];
    const moves = objects.find(([other]) => other === label)?.[1] ?? 0;
    // Undoing its making takes the whole object away, whatever its history still knows.
    if (moves === "made") return 0;
    steps += moves;
    if (steps > undoable) return place + 1;
  }
  return 0;
}

function byLabel(segments: readonly SegmentPatch[]): readonly SegmentPatch[] {
  return [...segments].sort((a, b) => a.label - b.label);
}

export function encodeStep(step: HistoryStep): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(step));
}

export function decodeStep(bytes: Uint8Array): HistoryStep {
  return JSON.parse(new TextDecoder().decode(bytes));
}
