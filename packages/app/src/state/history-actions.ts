import { ApiError } from "@septum/protocol";
import { client } from "./client.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { saving } from "./saving.ts";
import { store } from "./store.ts";

let travelling = false;

export function undo(): Promise<void> {
  return travel("undo the last step", () => store.getState().history.position - 1);
}

export function redo(): Promise<void> {
  return travel("redo the step", () => store.getState().history.position + 1);
}

/** To where so many steps are in effect, one step at a time. */
export function goTo(position: number): Promise<void> {
  return travel("go to that step", () => position);
}

/** One journey at a time; keys held down do not pile up. Somebody else's step on the way is taken along. */
async function travel(doing: string, target: () => number): Promise<void> {
  const { history } = store.getState();
  const to = Math.max(0, Math.min(history.steps.length, target()));
  if (travelling || to === history.position) return;
  travelling = true;
  store.setState({ outcome: undefined });
  try {
    for (let at = history.position; at !== to; ) {
      const { position } = await saving(at > to ? client.undoStep() : client.redoStep());
      if (position === at) break;
      at = position;
    }
  } catch (error) {
    // Somebody else was there first: what is shown next says so.
    const nothing = error instanceof ApiError && ["nothing_to_undo", "nothing_to_redo"].includes(error.code);
    if (!nothing) handleLoss(error, doing);
  } finally {
    travelling = false;
    await refresh();
  }
}
