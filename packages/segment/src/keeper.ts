import type { PackedBits } from "./bit-runs.ts";
import { type History, type HistoryStep, type PromptState, stepBytes } from "./history.ts";
import {
  type Head,
  headName,
  type MaskPart,
  maskName,
  numberRuns,
  type PartsChange,
  type PromptsPart,
  partsVersion,
  promptsName,
  type StartPart,
  type StepPart,
  startName,
  stepName,
} from "./parts.ts";
import type { PromptNode } from "./prompt-log.ts";
import type { LiveState, SavedPrompt, SavedPromptState } from "./state.ts";
import { encodePart } from "./state-bytes.ts";

/** What there is of an object in its parts. */
export interface Kept {
  next: number;
  mask?: { readonly number: number; readonly bytes: number };
  /** Bytes of each step between that mask and the one now; undefined: the mask is to be written. */
  flips: Map<number, number> | undefined;
  readonly steps: Set<number>;
  readonly stepNumbers: WeakMap<HistoryStep, number>;
  /** How many prompts each part has, by its first. */
  readonly prompts: Map<number, number>;
  readonly promptNumbers: WeakMap<PromptNode, number>;
  /** Prompts whose start mask has a part of its own. */
  readonly starts: Set<number>;
}

/** Nothing yet, of an object whose mask is empty. */
export function nothingKept(): Kept {
  return {
    next: 0,
    flips: new Map(),
    steps: new Set(),
    stepNumbers: new WeakMap(),
    prompts: new Map(),
    promptNumbers: new WeakMap(),
    starts: new Set(),
  };
}

/** Knows which parts there are, and so what a change adds to them. */
export interface Keeper {
  /** To be told of every step whose voxels were flipped, in either direction. */
  flipped(step: HistoryStep): void;
  /** To be told of prompts whose start mask was filled in. */
  filled(nodes: readonly PromptNode[]): void;
  save(object: Omit<LiveState, "mask">, mask: () => PackedBits): PartsChange;
}

/** Every step between the saved mask and the one now costs opening the object some milliseconds. */
const mostFlips = 32;
/** Steps may take so much more than the mask before it is worth writing it. */
const mostFlipBytes = 2 ** 16;

export function createKeeper(kept: Kept): Keeper {
  const { steps, stepNumbers, prompts, promptNumbers, starts } = kept;
  let unsaved = new Set<HistoryStep>();
  let filled: PromptNode[] = [];

  function saveStarts(put: Map<string, Uint8Array<ArrayBuffer>>): void {
    for (const node of filled) {
      const number = promptNumbers.get(node);
      // One that is not saved yet is saved with its mask.
      if (number === undefined) continue;
      put.set(startName(number), encodePart({ bits: node.initial?.bits as PackedBits } satisfies StartPart));
      starts.add(number);
    }
    filled = [];
  }

  /**
   * A part holds prompts of one list, each after the one before it. So what any of them leads to outside of the part is what the
   * first leads to: a part that is kept never leads to one that was removed.
   */
  function savePrompts(states: readonly PromptState[], put: Map<string, Uint8Array<ArrayBuffer>>): void {
    for (const { prompts: last } of states) {
      const fresh: PromptNode[] = [];
      for (let node = last; node && !promptNumbers.has(node); node = node.previous) fresh.push(node);
      if (fresh.length === 0) continue;
      const first = kept.next;
      const added = fresh.reverse().map((node): SavedPrompt => {
        const { previous, ...rest } = node;
        promptNumbers.set(node, kept.next++);
        return { ...rest, previous: numberOf(previous) };
      });
      put.set(promptsName(first), encodePart({ prompts: added } satisfies PromptsPart));
      prompts.set(first, added.length);
    }
  }

  function numberOf(node: PromptNode | undefined): number {
    return node === undefined ? -1 : (promptNumbers.get(node) as number);
  }

  function saveState({ prompts, queued }: PromptState): SavedPromptState {
    return { prompts: numberOf(prompts), queued };
  }

  function saveFlips(flips: Map<number, number>, put: Map<string, Uint8Array<ArrayBuffer>>): void {
    for (const step of unsaved) {
      // Forgotten since: there is nothing to it any more but its voxels.
      if (!stepNumbers.has(step)) saveStep(step, put, { before: {}, after: {} });
      const number = stepNumbers.get(step) as number;
      if (!flips.delete(number)) flips.set(number, stepBytes(step));
    }
    unsaved = new Set();
  }

  function saveStep(
    step: HistoryStep,
    put: Map<string, Uint8Array<ArrayBuffer>>,
    { before, after }: Pick<HistoryStep, "before" | "after"> = step,
  ): void {
    const number = kept.next++;
    const { deltas } = step;
    put.set(
      stepName(number),
      encodePart({ before: saveState(before), after: saveState(after), deltas } satisfies StepPart),
    );
    steps.add(number);
    stepNumbers.set(step, number);
  }

  /** Numbers of the parts that nothing leads to any more. */
  function removeUnused(object: Omit<LiveState, "mask">): string[] {
    const inUse = new Set(kept.flips?.keys());
    const held = new Set<number>();
    const hold = ({ prompts }: PromptState) => {
      for (let node = prompts; node && !held.has(numberOf(node)); node = node.previous) held.add(numberOf(node));
    };
    hold(object.now);
    for (const step of stepsOf(object.history)) {
      inUse.add(stepNumbers.get(step) as number);
      hold(step.before);
      hold(step.after);
    }
    const goneSteps = [...steps].filter((number) => !inUse.has(number));
    for (const number of goneSteps) steps.delete(number);
    const gonePrompts = [...prompts].filter(([first, count]) => !someOf(held, first, count)).map(([first]) => first);
    for (const first of gonePrompts) prompts.delete(first);
    const goneStarts = [...starts].filter((number) => !held.has(number));
    for (const number of goneStarts) starts.delete(number);
    return [...goneSteps.map(stepName), ...gonePrompts.map(promptsName), ...goneStarts.map(startName)];
  }

  return {
    flipped(step) {
      if (kept.flips === undefined) return;
      if (!unsaved.delete(step)) unsaved.add(step);
      // Nobody saves this object, or seldom: what it forgets is not to be held here.
      if (unsaved.size <= mostFlips) return;
      unsaved = new Set();
      kept.flips = undefined;
    },
    filled(nodes) {
      filled.push(...nodes);
    },
    save(object, mask) {
      const { size, seed, now, history } = object;
      const put = new Map<string, Uint8Array<ArrayBuffer>>();
      const remove: string[] = [];
      const fresh = stepsOf(history).filter((step) => !stepNumbers.has(step));
      saveStarts(put);
      savePrompts([now, ...fresh.flatMap(({ before, after }) => [before, after])], put);
      for (const step of fresh) saveStep(step, put);
      if (kept.flips) saveFlips(kept.flips, put);
      if (!kept.flips || isWorthWriting(kept.flips, kept.mask?.bytes ?? 0)) {
        if (kept.mask) remove.push(maskName(kept.mask.number));
        const number = kept.next++;
        const part = encodePart({ mask: mask() } satisfies MaskPart);
        put.set(maskName(number), part);
        kept.mask = { number, bytes: part.length };
        kept.flips = new Map();
      }
      // What was only just made may be out of use already, when the mask is written in its place.
      for (const name of removeUnused(object)) if (!put.delete(name)) remove.push(name);
      const numbers = (list: readonly HistoryStep[]) => numberRuns(list.map((step) => stepNumbers.get(step) as number));
      const head: Head = {
        version: partsVersion,
        size,
        seed,
        mask: kept.mask?.number,
        flips: numberRuns([...kept.flips.keys()]),
        now: saveState(now),
        undo: numbers(history.undo),
        redo: numbers(history.redo),
        next: kept.next,
      };
      put.set(headName, encodePart(head));
      return { put, remove };
    },
  };
}

function stepsOf({ undo, redo }: History): readonly HistoryStep[] {
  return [...undo, ...redo];
}

function isWorthWriting(flips: ReadonlyMap<number, number>, maskBytes: number): boolean {
  const bytes = [...flips.values()].reduce((sum, one) => sum + one, 0);
  return flips.size > mostFlips || bytes > 4 * maskBytes + mostFlipBytes;
}

function someOf(numbers: ReadonlySet<number>, first: number, count: number): boolean {
  for (let number = first; number < first + count; number++) if (numbers.has(number)) return true;
  return false;
}
