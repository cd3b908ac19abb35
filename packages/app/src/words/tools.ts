import type { Tool } from "../state/editing.ts";

export interface ToolWords {
  readonly name: string;
  /** What the hand does with it, in a line. */
  readonly how: string;
}

export const toolWords: Readonly<Record<Tool, ToolWords>> = {
  point: { name: "Point", how: "Click in any plane" },
  box: { name: "Box", how: "Drag a box on a slice" },
  scribble: { name: "Scribble", how: "Draw a line on the structure" },
  lasso: { name: "Lasso", how: "Draw around the structure" },
  brush: { name: "Brush", how: "Paint; hold Ctrl to erase" },
  eraser: { name: "Eraser", how: "Paint voxels away" },
  pick: { name: "Pick a segment", how: "Click a mask to go on with its segment" },
  look: { name: "Look", how: "Drag moves the crosshair; nothing is changed" },
  mark: { name: "Numbered points", how: "Each click marks the seed of a segment of its own" },
};

/** Tools of the toolbar, from top to bottom, in groups. */
export const toolGroups: readonly { readonly name: string; readonly tools: readonly Tool[] }[] = [
  { name: "Prompts", tools: ["point", "box", "scribble", "lasso"] },
  { name: "By hand", tools: ["brush", "eraser"] },
  { name: "Looking", tools: ["pick", "look"] },
  { name: "Many segments at once", tools: ["mark"] },
];

export function isPrompt(tool: Tool): boolean {
  return toolGroups[0].tools.includes(tool);
}

export function isPaint(tool: Tool): boolean {
  return toolGroups[1].tools.includes(tool);
}
