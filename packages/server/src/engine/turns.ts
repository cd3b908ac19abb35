/** First passes of a prompt go before the passes that refine it: they are what a person waits for. */
export type Stage = "coarse" | "refine";

/**
 * Whose pass runs next, and nothing else: no clocks, no promises.
 *
 * The owner who was served least goes next; of those served equally often, one with a first pass goes before one with a
 * refinement pass, and otherwise the one who has waited longest. So of the owners who always have work, nobody is ever
 * more than one pass ahead of another, however many objects they run.
 *
 * Who comes, or comes back, counts as served less than those who were always there, by up to `credit` passes: a click
 * and its few refinements wait for the pass in progress and not for a round of everybody's large ones.
 *
 * So that a stream of such newcomers cannot hold up those who were there before, every `share`th pass at most goes to the one
 * who has waited longest, once that was `patience` passes: of n owners who wait, none waits for more than
 * `patience + share * n` passes of others.
 */
export interface Turns<T> {
  readonly size: number;
  add(owner: string, stage: Stage, item: T): void;
  /** Takes out the item whose turn it is. */
  next(): T | undefined;
  /** False when the item was not waiting. */
  remove(item: T): boolean;
  /** Whether a pass of this owner would be next if one came now; false when one waits. */
  isNext(owner: string, stage: Stage): boolean;
  /** Every waiting item in the order in which they would be served if nobody else came. */
  order(): T[];
}

type Line<T> = Record<Stage, T[]>;

/** Passes that somebody who had nothing waiting may be served ahead of those who had. */
const credit = 8;

/** Twice what one newcomer may be served ahead of others. */
const patience = 16;
const share = 4;

interface State<T> {
  /** In the order in which they came or were last served. */
  readonly lines: Map<string, Line<T>>;
  /** How often each was served, of those who wait and those who may be back. */
  readonly served: Map<string, number>;
  /** The most that somebody had been served when it was their turn. */
  level: number;
  /** Passes served, of all owners. */
  passes: number;
  /** How many that were when each owner in line came there, or was served last. */
  readonly since: Map<string, number>;
  /** How many that were when one was served for having waited longest. */
  relieved: number;
}

export function createTurns<T>(): Turns<T> {
  const state: State<T> = {
    lines: new Map(),
    served: new Map(),
    level: 0,
    passes: 0,
    since: new Map(),
    relieved: 0,
  };
  return {
    get size() {
      let size = 0;
      for (const line of state.lines.values()) size += line.coarse.length + line.refine.length;
      return size;
    },
    add(owner, stage, item) {
      const line = state.lines.get(owner) ?? { coarse: [], refine: [] };
      line[stage].push(item);
      state.lines.set(owner, line);
      if (!state.since.has(owner)) state.since.set(owner, state.passes);
      const least = state.level - credit;
      state.served.set(owner, Math.max(least, state.served.get(owner) ?? least));
    },
    next: () => take(state),
    remove(item) {
      for (const [owner, line] of state.lines) {
        for (const stage of ["coarse", "refine"] as const) {
          const at = line[stage].indexOf(item);
          if (at < 0) continue;
          line[stage].splice(at, 1);
          if (isEmpty(line)) leave(state, owner);
          return true;
        }
      }
      return false;
    },
    isNext(owner, stage) {
      if (state.lines.has(owner) || longestWaiting(state) !== undefined) return false;
      const least = state.level - credit;
      const place = Math.max(least, state.served.get(owner) ?? least) + (stage === "coarse" ? 0 : refining);
      return place < leastServed(state).place;
    },
    order() {
      const copy: State<T> = {
        ...state,
        lines: new Map(),
        served: new Map(state.served),
        since: new Map(state.since),
      };
      for (const [owner, line] of state.lines) {
        copy.lines.set(owner, { coarse: [...line.coarse], refine: [...line.refine] });
      }
      const items: T[] = [];
      while (copy.lines.size > 0) items.push(take(copy) as T);
      return items;
    },
  };
}

function take<T>(state: State<T>): T | undefined {
  const { lines, served } = state;
  const relieved = longestWaiting(state);
  const owner = relieved ?? leastServed(state).owner;
  if (owner === undefined) {
    // Nobody waits for the device, so nobody is behind.
    served.clear();
    state.level = 0;
    return undefined;
  }
  const line = lines.get(owner) as Line<T>;
  const item = line.coarse.shift() ?? line.refine.shift();
  // Last in the row from here on, if anything of theirs still waits.
  leave(state, owner);
  state.passes++;
  if (relieved !== undefined) state.relieved = state.passes;
  if (!isEmpty(line)) {
    lines.set(owner, line);
    state.since.set(owner, state.passes);
  }
  const before = served.get(owner) as number;
  served.set(owner, before + 1);
  if (before > state.level) rise(state, before);
  return item;
}

/** Half a pass: less than any difference in service, and more than none. */
const refining = 0.5;

function leastServed<T>({ lines, served }: State<T>): { readonly owner?: string; readonly place: number } {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [owner, { coarse }] of lines) {
    const place = (served.get(owner) as number) + (coarse.length > 0 ? 0 : refining);
    if (place >= least) continue;
    least = place;
    best = owner;
  }
  return { owner: best, place: least };
}

/** Who is served for having waited longest, when it is time for that. */
function longestWaiting<T>({ lines, since, passes, relieved }: State<T>): string | undefined {
  if (passes - relieved < share) return undefined;
  let longest: string | undefined;
  let first = passes - patience + 1;
  for (const owner of lines.keys()) {
    const came = since.get(owner) as number;
    if (came >= first) continue;
    first = came;
    longest = owner;
  }
  return longest;
}

function leave<T>({ lines, since }: State<T>, owner: string): void {
  lines.delete(owner);
  since.delete(owner);
}

/** Forgets those who would come back with the whole credit anyway, so that nothing grows with every session ever seen. */
function rise<T>(state: State<T>, level: number): void {
  state.level = level;
  for (const [owner, count] of state.served) {
    if (count <= level - credit && !state.lines.has(owner)) state.served.delete(owner);
  }
}

function isEmpty<T>(line: Line<T>): boolean {
  return line.coarse.length === 0 && line.refine.length === 0;
}
