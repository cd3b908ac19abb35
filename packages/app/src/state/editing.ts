import type { Others } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";

/** What the hand holds. `mark` sets numbered points, each the seed of an object of its own; `look` changes nothing. */
export type Tool = "point" | "box" | "scribble" | "lasso" | "brush" | "eraser" | "pick" | "mark" | "look";

export type SignColours = "classic" | "safe";

/** Per segment, in this session's view. */
export interface SegmentLook {
  readonly shown: boolean;
  /** 0 to 1, on top of the opacity of all. */
  readonly opacity: number;
}

/** How the person works now: the tool, the segment it works on, how it is looked at. */
export interface Editing {
  readonly tool: Tool;
  /** Whether the next prompt is positive. */
  readonly positive: boolean;
  /** A key is held that turns the sign over for one prompt. */
  readonly signHeld: boolean;
  /** `live`: predict after every prompt; `collect`: when asked to. */
  readonly mode: "live" | "collect";
  /** Label of the segment that prompts and edits are for; undefined: the next one makes a new segment. */
  readonly active?: number;
  /** The prompt that is selected among those of the active segment, counted from 0. */
  readonly prompt?: number;
  readonly others: Others;
  readonly brush: {
    readonly radiusMm: number;
    readonly shape: "disc" | "sphere";
    /** Paint only voxels from the first to the second value of the scan. */
    readonly threshold?: readonly [number, number];
  };
  readonly promptsShown: boolean;
  /** Masks are hidden while a key is held. */
  readonly peeking: boolean;
  readonly style: "fill" | "outline" | "both";
  /** Colours of positive and negative: the classic green and red, or blue and orange, which colour-blind eyes tell apart. */
  readonly signColours: SignColours;
  readonly radiological: boolean;
  readonly looks: Readonly<Record<number, SegmentLook>>;
  /** What waits and runs for the active page's own prompts, oldest first. */
  readonly pending: readonly PendingPrompt[];
  /** Where the other people of the session look, by person. */
  readonly elsewhere: Readonly<Record<string, Vec3>>;
}

/** A prompt on its way: shown as drawn until the server has it. */
export interface PendingPrompt {
  readonly id: number;
  readonly label: number;
  readonly text: string;
}

const initial: Editing = {
  tool: "point",
  positive: true,
  signHeld: false,
  mode: "live",
  others: "keep",
  brush: { radiusMm: 5, shape: "disc" },
  promptsShown: true,
  peeking: false,
  style: "both",
  signColours: "classic",
  radiological: true,
  looks: {},
  pending: [],
  elsewhere: {},
};

export const editing = createStore<Editing>(() => initial);

/** Reads from the store in a component; draws again when what `select` returns changed. */
export function useEditing<T>(select: (state: Editing) => T): T {
  return useStore(editing, select);
}

/** The sign of the next prompt, with the held key counted in. */
export function nextSign({ positive, signHeld }: Editing): boolean {
  return positive !== signHeld;
}

export function lookOf({ looks }: Pick<Editing, "looks">, label: number): SegmentLook {
  return looks[label] ?? { shown: true, opacity: 1 };
}
