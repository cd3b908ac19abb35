import { ApiError } from "@septum/protocol";
import { client } from "./client.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { saving } from "./saving.ts";
import { store } from "./store.ts";
import { createTurns } from "./turns.ts";
import { dropNewest } from "./work.ts";

/** Presses that may wait behind the step on its way: as many as a person presses in a row and means. */
const mostWaiting = 5;
const turns = createTurns(mostWaiting);

/** What the server has not got yet is the last that was done. */
export async function undo(): Promise<void> {
  if (dropNewest()) return;
  return travel("undo the last step", () => store.getState().history.position - 1);
}

export function redo(): Promise<void> {
  return travel("redo the step", () => store.getState().history.position + 1);
}

/** To where so many steps are in effect, one step at a time. */
export function goTo(position: number): Promise<void> {
  return travel("go to that step", () => position);
}

/**
 * One journey at a time, from where the one before it ended. A key held down asks once; a key pressed twice is two steps.
 * Somebody else's step on the way is taken along.
 */
async function travel(doing: string, target: () => number): Promise<void> {
  await turns.take(async () => {
    const { history } = store.getState();
    const to = Math.max(0, Math.min(history.steps.length, target()));
    if (to === history.position) return true;
    store.setState({ outcome: undefined });
    const arrived = await walk(history.position, to, doing);
    return (await refresh()) && arrived;
  });
}

/** Resolves to whether it came as far as it was to. */
async function walk(from: number, to: number, doing: string): Promise<boolean> {
  try {
    for (let at = from; at !== to; ) {
      const { position } = await saving(at > to ? client.undoStep() : client.redoStep());
      if (position === at) break;
      at = position;
    }
    return true;
  } catch (error) {
    // Somebody else was there first: what is shown next says so.
    const nothing = error instanceof ApiError && ["nothing_to_undo", "nothing_to_redo"].includes(error.code);
    if (!nothing) handleLoss(error, doing);
    return false;
  }
}
