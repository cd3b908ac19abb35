import { type Applied, finish, type Segmenter } from "@septum/segment";
import type { Box } from "@septum/volume";
import { CommandError } from "./errors.ts";
import type { PromptEntry } from "./prompt-file.ts";

/** What one prompt did, as the report file says it. Boxes are `[[i0, i1], [j0, j1], [k0, k1]]`, half-open. */
export interface PromptReport {
  readonly kind: PromptEntry["kind"];
  /** Zoom of each coarse pass; empty when nothing was predicted. */
  readonly zooms: readonly number[];
  /** Refinement patches in order; they may reach outside the volume. */
  readonly boxes: readonly Box[];
  /** How many of them were chosen with the seeded generator. */
  readonly random_leftover: number;
  readonly passes: number;
  readonly seconds_in_network: number;
  readonly seconds_outside_network: number;
  /** Of the mask, after this prompt. */
  readonly voxels: number;
  /** Nothing outside it changed; null when nothing changed. */
  readonly changed_box: Box | null;
}

export interface RunOptions {
  readonly autozoom?: boolean;
  readonly signal?: AbortSignal;
}

/** Applies the prompts in order, and yields after each of them, while the segmenter's mask is what it made of it. */
export async function* runPrompts(
  segmenter: Segmenter,
  entries: readonly PromptEntry[],
  options: RunOptions = {},
): AsyncGenerator<PromptReport, void, void> {
  for (const [index, entry] of entries.entries()) {
    let applied: Applied;
    try {
      applied = await runEntry(segmenter, entry, options);
    } catch (cause) {
      options.signal?.throwIfAborted();
      throw new CommandError(`Prompt ${index + 1} (${entry.kind}): ${(cause as Error).message}`, { cause });
    }
    yield toReport(entry.kind, applied);
  }
}

async function runEntry(segmenter: Segmenter, entry: PromptEntry, options: RunOptions): Promise<Applied> {
  if (entry.kind !== "undo") {
    return finish(segmenter.apply(entry.prompt, { ...options, predict: entry.predict }));
  }
  const undone = segmenter.undo();
  if (!undone) throw new CommandError("there is no prompt to undo");
  return undone;
}

function toReport(kind: PromptReport["kind"], applied: Applied): PromptReport {
  const { zooms, boxes, randomLeftover, passes, secondsNetwork, secondsTotal, voxels, changed } = applied;
  return {
    kind,
    zooms,
    boxes,
    random_leftover: randomLeftover,
    passes,
    seconds_in_network: microseconds(secondsNetwork),
    seconds_outside_network: microseconds(secondsTotal - secondsNetwork),
    voxels,
    changed_box: changed ?? null,
  };
}

/** As many digits as mean something. */
function microseconds(seconds: number): number {
  return Number(seconds.toFixed(6));
}
