import { startedRun } from "../words/run.ts";
import { client } from "./client.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { saving } from "./saving.ts";
import { store } from "./store.ts";

let running: AbortController | undefined;

export async function run(): Promise<void> {
  if (store.getState().run) return;
  const own = new AbortController();
  running = own;
  store.setState({ run: startedRun(true), selected: undefined });
  try {
    await saving(client.run({ signal: own.signal }));
  } catch (error) {
    if (!own.signal.aborted) handleLoss(error, "run the segmentation", { again: () => void run() });
  } finally {
    if (running === own) running = undefined;
    store.setState({ run: undefined });
    if (store.getState().session.phase === "ready") await refresh();
  }
}

/** Dropping the connection is what stops the work on the server. */
export function cancelRun(): void {
  store.setState(({ run }) => ({ run: run && { ...run, stage: "cancelling", text: "Stopping …" } }));
  running?.abort();
}
