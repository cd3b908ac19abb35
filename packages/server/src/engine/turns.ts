/** First passes of a prompt go before the passes that refine it: they are what a person waits for. */
export type Stage = "coarse" | "refine";

/**
 * Whose pass runs next, and nothing else: no clocks, no promises.
 *
 * Service goes in rounds. In a round every owner with work waiting is served once; among those still to be served, one
 * with a first pass goes before one with a refinement pass, and otherwise the one who has waited longest. So of the
 * owners who always have work, nobody is ever more than one pass ahead of another, however many objects they run.
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

interface State<T> {
  /** In the order in which they came or were last served. */
  readonly lines: Map<string, Line<T>>;
  /** Those who have had their turn in this round. */
  readonly served: Set<string>;
}

export function createTurns<T>(): Turns<T> {
  const state: State<T> = { lines: new Map(), served: new Set() };
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
      const copy: State<T> = { lines: new Map(), served: new Set(state.served) };
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
  if (state.lines.size === 0) return undefined;
  let owner = choose(state);
  if (owner === undefined) {
    state.served.clear();
    owner = choose(state) as string;
  }
  const line = state.lines.get(owner) as Line<T>;
  const item = line.coarse.shift() ?? line.refine.shift();
  // Last in the row from here on, if anything of theirs still waits.
  state.lines.delete(owner);
  if (!isEmpty(line)) state.lines.set(owner, line);
  // With nobody waiting the round is over. Keeping only this turn keeps the set from growing with every session ever seen.
  if (state.lines.size === 0) state.served.clear();
  state.served.add(owner);
  return item;
}

function choose<T>(state: State<T>): string | undefined {
  let first: string | undefined;
  for (const [owner, line] of state.lines) {
    if (state.served.has(owner)) continue;
    if (line.coarse.length > 0) return owner;
    first ??= owner;
  }
  return first;
}

function isEmpty<T>(line: Line<T>): boolean {
  return line.coarse.length === 0 && line.refine.length === 0;
}
