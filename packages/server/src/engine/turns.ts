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
 */
export interface Turns<T> {
  readonly size: number;
  add(owner: string, stage: Stage, item: T): void;
  /** Takes out the item whose turn it is. */
  next(): T | undefined;
  /** False when the item was not waiting. */
  remove(item: T): boolean;
  /** Every waiting item in the order in which they would be served if nobody else came. */
  order(): T[];
}

type Line<T> = Record<Stage, T[]>;

/** Passes that somebody who had nothing waiting may be served ahead of those who had. */
const credit = 8;

interface State<T> {
  /** In the order in which they came or were last served. */
  readonly lines: Map<string, Line<T>>;
  /** How often each was served, of those who wait and those who may be back. */
  readonly served: Map<string, number>;
  /** The most that somebody had been served when it was their turn. */
  level: number;
}

export function createTurns<T>(): Turns<T> {
  const state: State<T> = { lines: new Map(), served: new Map(), level: 0 };
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
          if (isEmpty(line)) state.lines.delete(owner);
          return true;
        }
      }
      return false;
    },
    order() {
      const copy: State<T> = { lines: new Map(), served: new Map(state.served), level: state.level };
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
  const owner = choose(state);
  if (owner === undefined) {
    // Nobody waits for the device, so nobody is behind.
    served.clear();
    state.level = 0;
    return undefined;
  }
  const line = lines.get(owner) as Line<T>;
  const item = line.coarse.shift() ?? line.refine.shift();
  // Last in the row from here on, if anything of theirs still waits.
  lines.delete(owner);
  if (!isEmpty(line)) lines.set(owner, line);
  const before = served.get(owner) as number;
  served.set(owner, before + 1);
  if (before > state.level) rise(state, before);
  return item;
}

function choose<T>({ lines, served }: State<T>): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [owner, { coarse }] of lines) {
    // Half a pass: less than any difference in service, and more than none.
    const place = (served.get(owner) as number) + (coarse.length > 0 ? 0 : 0.5);
    if (place >= least) continue;
    least = place;
    best = owner;
  }
  return best;
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
