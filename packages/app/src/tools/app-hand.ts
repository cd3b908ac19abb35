import type { Box } from "@septum/volume";
import { type Editing, editing } from "../state/editing.ts";
import { mark, nextNumber } from "../state/point-actions.ts";
import { addPrompt, movePrompt, pickSegment } from "../state/prompt-actions.ts";
import { store } from "../state/store.ts";
import type { Stroke } from "../viewer/labels/label-store.ts";
import type { Viewer } from "../viewer/viewer.ts";
import { createHand, type Hand } from "./hand.ts";

/**
 * The hand of this page: it works on the active segment, and shows what it does in `viewer`, once there is one. Where the
 * server has another word on what was painted, `readAgain` brings it.
 */
export function createAppHand(viewer: () => Viewer | undefined, readAgain: (box: Box) => void): Hand {
  let stroke: Stroke | undefined;
  return createHand({
    editing: handState,
    grid: () => viewer()?.grid,
    prompts() {
      const { active } = editing.getState();
      return store.getState().segments.find(({ label }) => label === active)?.prompts ?? [];
    },
    redraw: () => viewer()?.refreshOverlay(),
    actions: {
      addPrompt,
      movePrompt,
      // No tool that paints can be chosen yet.
      edit: async () => false,
      pickSegment: (voxel) => void pickSegment(voxel),
      mark: (voxel) => void mark(voxel),
      select: (prompt) => editing.setState({ prompt }),
      moveCross: (voxel) => viewer()?.goTo(voxel),
      paint({ tool, axis, places }) {
        const { active, brush } = editing.getState();
        const { points, segments } = store.getState();
        const label = active ?? nextNumber(points, segments);
        stroke ??= viewer()?.beginStroke({ ...brush, label, axis, add: tool === "brush" });
        stroke?.extend(places);
      },
      async painted(kept) {
        const ended = stroke;
        stroke = undefined;
        await kept.catch(() => false);
        ended?.settle();
        if (ended?.box) readAgain(ended.box);
      },
    },
  });
}

/** Numbered points are still chosen by a switch of their own, which is stronger than the tool. */
function handState(): Editing {
  const state = editing.getState();
  return store.getState().tool === "mark" ? { ...state, tool: "mark" } : state;
}
