import { SegmentError } from "./errors.ts";
import { type HistoryStep, type PromptState, stepBytes } from "./history.ts";
import { type Kept, nothingKept } from "./keeper.ts";
import type { MaskDelta } from "./mask-delta.ts";
import {
  type Head,
  headName,
  type MaskPart,
  maskName,
  numbersIn,
  type PromptsPart,
  promptsName,
  type SavedParts,
  type StartPart,
  type StepPart,
  startName,
  stepName,
} from "./parts.ts";
import type { PromptNode } from "./prompt-log.ts";
import { type LiveState, restoreState, type SavedPromptState, stateVersion } from "./state.ts";
import { decodePart, decodeState, versionOf } from "./state-bytes.ts";

/** An object as its parts have it. */
interface ReadObject {
  /** Its mask is the one that was saved, before `flips`; absent: empty. */
  readonly live: Omit<LiveState, "mask"> & { readonly mask?: LiveState["mask"] };
  readonly flips: readonly MaskDelta[];
  readonly kept: Kept;
}

/** Throws `SegmentError` (`StateUnusable`) when a part is missing or damaged. */
export function readParts(parts: SavedParts): ReadObject {
  const bytes = parts.get(headName);
  // As all of an object was written in one piece, before there were parts.
  if (bytes && versionOf(bytes) === stateVersion) {
    const kept = { ...nothingKept(), flips: undefined };
    return { live: restoreState(decodeState(bytes)), flips: [], kept };
  }
  const kept = nothingKept();
  const head = read(headName) as Head;
  kept.next = head.next;

  function read(name: string): unknown {
    const part = parts.get(name);
    if (part === undefined) {
      const what = name === headName ? "head" : `part ${name}`;
      throw new SegmentError("StateUnusable", `Cannot continue from this saved object: it lacks its ${what}`);
    }
    return decodePart(part);
  }

  const nodes = new Map<number, PromptNode>();
  for (const first of promptParts(parts)) {
    const { prompts } = read(promptsName(first)) as PromptsPart;
    kept.prompts.set(first, prompts.length);
    for (const [n, { previous, ...rest }] of prompts.entries()) {
      const node = { ...rest, previous: nodeOf(previous) };
      const start = startName(first + n);
      if (node.initial && parts.has(start)) {
        node.initial.bits = (read(start) as StartPart).bits;
        kept.starts.add(first + n);
      }
      nodes.set(first + n, node);
      kept.promptNumbers.set(node, first + n);
    }
  }

  function nodeOf(number: number): PromptNode | undefined {
    if (number === -1) return undefined;
    const node = nodes.get(number);
    if (node) return node;
    throw new SegmentError("StateUnusable", `Cannot continue from this saved object: it lacks prompt ${number}`);
  }

  const stateOf = ({ prompts, queued }: SavedPromptState): PromptState => ({ prompts: nodeOf(prompts), queued });
  const steps = new Map<number, HistoryStep>();
  const stepOf = (number: number): HistoryStep => {
    const known = steps.get(number);
    if (known) return known;
    const { before, after, deltas } = read(stepName(number)) as StepPart;
    const step = { before: stateOf(before), after: stateOf(after), deltas };
    steps.set(number, step);
    kept.steps.add(number);
    kept.stepNumbers.set(step, number);
    return step;
  };
  const stepsOf = (numbers: Head["undo"]) => [...numbersIn(numbers)].map(stepOf);

  const history = { undo: stepsOf(head.undo), redo: stepsOf(head.redo) };
  const flips = [...numbersIn(head.flips)].map((number) => {
    // A step that is forgotten may still be one of them; what its prompts were is gone.
    const { deltas } = steps.get(number) ?? (read(stepName(number)) as StepPart);
    kept.steps.add(number);
    kept.flips?.set(number, stepBytes({ deltas }));
    return deltas;
  });
  const mask = head.mask === undefined ? undefined : (read(maskName(head.mask)) as MaskPart).mask;
  if (head.mask !== undefined) {
    kept.mask = { number: head.mask, bytes: (parts.get(maskName(head.mask)) as Uint8Array).length };
  }
  return {
    live: { size: head.size, seed: head.seed, mask, now: stateOf(head.now), history },
    flips: flips.flat(),
    kept,
  };
}

/** Ascending, since a prompt's number is higher than that of the one before it. */
function promptParts(parts: SavedParts): number[] {
  const prefix = promptsName(0).slice(0, -1);
  const names = [...parts.keys()].filter((name) => name.startsWith(prefix));
  return names.map((name) => Number(name.slice(prefix.length))).sort((a, b) => a - b);
}
