import type { PackedBits } from "./bit-runs.ts";
import type { LiveState, SavedPrompt, SavedPromptState, SavedStep } from "./state.ts";

/**
 * A saved object: some parts by name, so that a change writes what it changed and no more, however long the history is.
 *
 * | part | what |
 * | --- | --- |
 * | `""` | the head: what is in effect, by the numbers of the other parts |
 * | `mask-N` | the mask at some time; none: it was empty |
 * | `step-N` | a step of the history, with the voxels that it flips |
 * | `prompts-N` | prompts N, N + 1, … of one list, each after the one before it |
 * | `start-N` | the mask that prompt N starts with, since the history has forgotten it |
 *
 * The mask now is that mask with the head's `flips` applied: what was done or undone since. Flips commute, and twice is not
 * at all. After a while the mask is written anew.
 */
export type SavedParts = ReadonlyMap<string, Uint8Array>;

/** What makes the parts of an earlier `save` those of the object as it is now; to be done whole or not at all. */
export interface PartsChange {
  readonly put: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly remove: readonly string[];
}

export const partsVersion = 2;

export interface Head {
  readonly version: typeof partsVersion;
  /** Of the volume, `[i, j, k]`. */
  readonly size: LiveState["size"];
  readonly seed: number;
  readonly mask?: number;
  readonly flips: NumberRuns;
  /** Prompts by their numbers; -1: none. */
  readonly now: SavedPromptState;
  readonly undo: NumberRuns;
  readonly redo: NumberRuns;
  /** The lowest number not in use. */
  readonly next: number;
}

export interface PromptsPart {
  readonly prompts: readonly SavedPrompt[];
}

export type StepPart = SavedStep;

export interface MaskPart {
  readonly mask: PackedBits;
}

export interface StartPart {
  readonly bits: PackedBits;
}

/** Numbers in order, as first and last of those that go up or down by one. */
export type NumberRuns = readonly (readonly [first: number, last: number])[];

export const headName = "";
export const maskName = (number: number) => `mask-${number}`;
export const stepName = (number: number) => `step-${number}`;
export const startName = (number: number) => `start-${number}`;
export const promptsName = (first: number) => `prompts-${first}`;

export function numberRuns(numbers: readonly number[]): NumberRuns {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    const step = run && Math.sign(run[1] - run[0]);
    if (run && (step === 0 ? Math.abs(number - run[1]) === 1 : number - run[1] === step)) run[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

export function* numbersIn(runs: NumberRuns): Generator<number> {
  for (const [first, last] of runs) {
    const step = last < first ? -1 : 1;
    for (let number = first; number !== last + step; number += step) yield number;
  }
}
