import type { Axis } from "@septum/protocol";
import type { Box } from "@septum/volume";
import { editing } from "../state/editing.ts";
import { pickSegment } from "../state/pick.ts";
import { mark } from "../state/point-actions.ts";
import { addPrompt, edit, movePrompt } from "../state/prompt-actions.ts";
import { target } from "../state/segment-actions.ts";
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

  /** What the server will refuse or leave to others is not painted to begin with. */
  function begin(axis: Axis, add: boolean): Stroke | undefined {
    const { brush, others } = editing.getState();
    const label = target().guess;
    const locked = store.getState().segments.flatMap((segment) => (segment.locked ? [segment.label] : []));
    if (locked.includes(label)) return undefined;
    const spared = others === "take" ? new Set(locked) : undefined;
    return viewer()?.beginStroke({ ...brush, label, axis, add, spared });
  }

  return createHand({
    editing: editing.getState,
    grid: () => viewer()?.grid,
    prompts() {
      const { active } = editing.getState();
      return store.getState().segments.find(({ label }) => label === active)?.prompts ?? [];
    },
    redraw: () => viewer()?.refreshOverlay(),
    actions: {
      addPrompt,
      movePrompt,
      edit,
      pickSegment: (voxel) => void pickSegment(voxel),
      mark: (voxel) => void mark(voxel),
      select: (prompt) => editing.setState({ prompt }),
      moveCross: (voxel) => viewer()?.goTo(voxel),
      paint({ tool, axis, places }) {
        stroke ??= begin(axis, tool === "brush");
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
