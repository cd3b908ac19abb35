import type { PromptSummary } from "@septum/protocol";
import type { BlobChange, BlobSource } from "./saved-objects.ts";
import type { SegmentState, SessionState } from "./state.ts";

/**
 * The lines that prompts were drawn with, in blobs of their own: the record is written by every change, and a hundred drawings
 * in it would make each of them write half a megabyte.
 */
export interface Drawings {
  /** The state as its record is to have it, and what goes to the store with it. */
  takeOut(state: SessionState): { readonly state: SessionState } & BlobChange;
  /** To be called when what was taken out is on disk. */
  kept(): void;
}

/** A prompt in a record, whose points are in the blob with this number. */
type KeptPrompt = PromptSummary & { readonly drawing?: number };

/** Points of a line that is worth a blob. */
const worthIt = 16;

function drawingKey(number: number): string {
  return `drawing-${number}`;
}

/** `state` is the session's now, as `putBack` made it from its record. */
export function createDrawings(record: SessionState, state: SessionState): Drawings {
  const numbers = new WeakMap<PromptSummary, number>();
  let kept = new Set<number>();
  let taken = kept;
  for (const [place, { prompts }] of record.segments.entries()) {
    for (const [n, { drawing }] of (prompts as readonly KeptPrompt[]).entries()) {
      if (drawing === undefined) continue;
      kept.add(drawing);
      numbers.set(state.segments[place].prompts[n], drawing);
    }
  }
  let next = 1 + Math.max(0, ...kept);

  return {
    takeOut(state) {
      const put = new Map<string, Uint8Array>();
      taken = new Set();
      const without = (prompt: PromptSummary): KeptPrompt => {
        const { points, ...rest } = prompt;
        if (!points || points.length < worthIt) return prompt;
        const number = numbers.get(prompt) ?? next++;
        numbers.set(prompt, number);
        taken.add(number);
        if (!kept.has(number)) put.set(drawingKey(number), new TextEncoder().encode(JSON.stringify(points)));
        return { ...rest, drawing: number };
      };
      const segments = withPrompts(state.segments, without);
      const remove = [...kept].filter((number) => !taken.has(number)).map(drawingKey);
      return { state: { ...state, segments }, put, remove };
    },
    kept() {
      kept = taken;
    },
  };
}

/** The state with the lines that its record does not have. */
export function putBack(record: SessionState, source: BlobSource): SessionState {
  const points = (number: number) => {
    const bytes = source.blob(drawingKey(number));
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as PromptSummary["points"]);
  };
  const drawn = ({ drawing, ...prompt }: KeptPrompt): PromptSummary =>
    drawing === undefined ? prompt : { ...prompt, points: points(drawing) };
  return { ...record, segments: withPrompts(record.segments, drawn) };
}

function withPrompts(
  segments: readonly SegmentState[],
  change: (prompt: PromptSummary) => PromptSummary,
): readonly SegmentState[] {
  return segments.map((segment) => ({ ...segment, prompts: segment.prompts.map(change) }));
}
