import type { PromptSummary, SegmentState } from "@septum/protocol";

export const stateTexts: Readonly<Record<SegmentState, string>> = {
  todo: "To do",
  in_progress: "In progress",
  done: "Done",
};

const nextStates: Readonly<Record<SegmentState, SegmentState>> = {
  todo: "in_progress",
  in_progress: "done",
  done: "todo",
};

export function nextState(state: SegmentState): SegmentState {
  return nextStates[state];
}

const kinds: Readonly<Record<PromptSummary["kind"], string>> = {
  point: "Point",
  box: "Box",
  scribble: "Scribble",
  lasso: "Lasso",
  mask: "Start mask",
};

/** `Point 92, 50, 97`, or `Lasso` with the middle of the box it lies in. */
export function promptText(prompt: PromptSummary): string {
  const place = promptPlace(prompt);
  return place ? `${kinds[prompt.kind]} ${place.join(", ")}` : kinds[prompt.kind];
}

/** Where to look to see a prompt. */
export function promptPlace({ voxel, box }: PromptSummary): readonly [number, number, number] | undefined {
  if (voxel) return [voxel[0], voxel[1], voxel[2]];
  if (!box) return undefined;
  const middle = ([lo, hi]: readonly [number, number]) => Math.floor((lo + hi - 1) / 2);
  return [middle(box[0]), middle(box[1]), middle(box[2])];
}

/** `2 prompts`, `from a mask · 1 prompt`: what was given by hand, and whether a mask was the start; undefined: neither. */
export function promptsText(prompts: readonly PromptSummary[]): string | undefined {
  const given = prompts.filter(({ kind }) => kind !== "mask").length;
  const parts = [
    given < prompts.length && "from a mask",
    given > 0 && `${given} ${given === 1 ? "prompt" : "prompts"}`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(" · ") : undefined;
}

export interface Share {
  readonly label: number;
  readonly voxels: number;
}

/** What a step did to others, and whether it did anything at all. */
export interface Outcome {
  readonly taken: readonly Share[];
  readonly spared: readonly Share[];
  readonly changed: boolean;
}

/** `Took 120 voxels from liver, spared 40 of spleen (locked)`; undefined when there is nothing to say. */
export function outcomeText(
  { taken, spared, changed }: Outcome,
  nameOf: (label: number) => string,
): string | undefined {
  const count = (voxels: number) => voxels.toLocaleString("en-US");
  const parts = [
    ...taken.map(({ label, voxels }, n) =>
      n === 0
        ? `took ${count(voxels)} ${voxels === 1 ? "voxel" : "voxels"} from ${nameOf(label)}`
        : `${count(voxels)} from ${nameOf(label)}`,
    ),
    ...spared.map(({ label, voxels }) => `spared ${count(voxels)} of ${nameOf(label)} (locked)`),
  ];
  if (parts.length === 0) return changed ? undefined : "Nothing changed";
  const text = parts.join(", ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
