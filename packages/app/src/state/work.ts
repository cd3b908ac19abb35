import { startedRun } from "../words/run.ts";
import { isGone, isLocked, isUnreachable } from "./client.ts";
import { editing, type PendingPrompt } from "./editing.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { saving } from "./saving.ts";
import { store } from "./store.ts";

interface Task extends PendingPrompt {
  /** Completes "Cannot …". */
  readonly doing: string;
  readonly act: (signal: AbortSignal) => Promise<void>;
  readonly end: (done: boolean) => void;
}

export interface TaskWords {
  readonly label: number;
  /** What the person sees waiting, such as "+ point". */
  readonly text: string;
  /** Completes "Cannot …". */
  readonly doing: string;
}

let lastId = 0;
let tasks: readonly Task[] = [];
let current: AbortController | undefined;

/**
 * Does what the person asked for after what they asked for before. Resolves to whether it was done; why it was not is shown.
 * When the server or the session is lost, what waits behind is dropped: it was meant for what is not known to have happened.
 */
export function inTurn(words: TaskWords, act: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  // A scan that is still on its way is there to be looked at.
  if (store.getState().local) return Promise.resolve(false);
  return new Promise((end) => {
    setTasks([...tasks, { ...words, id: ++lastId, act, end }]);
    if (!current) void work();
  });
}

/** Stops what runs and drops what waits; dropping the connection is what stops the work on the server. */
export function cancelWork(): boolean {
  if (!current) return false;
  const [running, ...waiting] = tasks;
  setTasks(running ? [running] : []);
  for (const { end } of waiting) end(false);
  store.setState(({ run }) => ({ run: run && { ...run, stage: "cancelling", text: "Stopping …" } }));
  current.abort();
  return true;
}

async function work(): Promise<void> {
  for (let task = tasks[0]; task; task = tasks[0]) {
    current = new AbortController();
    const { signal } = current;
    store.setState({ run: { ...startedRun(true), label: task.label } });
    let done = false;
    try {
      await saving(task.act(signal));
      done = true;
    } catch (error) {
      if (!signal.aborted) handleLoss(error, task.doing);
      if (isGone(error) || isLocked(error) || isUnreachable(error)) drop(tasks.slice(1));
    }
    store.setState({ run: undefined });
    if (store.getState().session.phase === "ready") await refresh();
    setTasks(tasks.filter((one) => one !== task));
    task.end(done);
  }
  current = undefined;
}

function drop(waiting: readonly Task[]): void {
  setTasks(tasks.filter((task) => !waiting.includes(task)));
  for (const { end } of waiting) end(false);
}

function setTasks(next: readonly Task[]): void {
  tasks = next;
  editing.setState({ pending: next.map(({ id, label, text }) => ({ id, label, text })) });
}
