import type { CallOptions } from "@septum/protocol";
import { heldRun, startedRun, stepsText } from "../words/run.ts";
import { isDone, isGone, isLocked, isUnreachable } from "./client.ts";
import { editing, type PendingPrompt } from "./editing.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { say } from "./problems.ts";
import { mayPass } from "./reader.ts";
import { saving } from "./saving.ts";
import { store } from "./store.ts";

export interface TaskWords {
  readonly label: number;
  /** What the person sees waiting, such as "+ point". */
  readonly text: string;
  /** Completes "Cannot …". */
  readonly doing: string;
  /** Under which the server is asked, so that it does it once; of its own without one. */
  readonly key?: string;
}

/** Makes the calls of a task with these options. */
type Act = (call: CallOptions) => Promise<void>;

interface Task extends PendingPrompt, TaskWords {
  readonly key: string;
  readonly act: Act;
  readonly end: (done: boolean) => void;
}

const againMs = 2_000;

let lastId = 0;
let tasks: readonly Task[] = [];
let current: AbortController | undefined;

/**
 * Does what the person asked for after what they asked for before. Resolves to whether it was done; why it was not is shown.
 * While the server cannot be reached, or cannot do it yet, all of it waits: nothing that was drawn is lost.
 */
export function inTurn(words: TaskWords, act: Act): Promise<boolean> {
  // A scan that is still on its way is there to be looked at.
  if (store.getState().local) return Promise.resolve(false);
  return new Promise((end) => {
    setTasks([...tasks, { ...words, key: words.key ?? newKey(), id: ++lastId, act, end }]);
    if (!current) void work();
    else if (isHeld()) showHeld(store.getState().run?.reason);
  });
}

/** Stops what runs and drops what waits; dropping the connection is what stops the work on the server. */
export function cancelWork(): boolean {
  if (!current) return false;
  const unheard = isUnheard() ? tasks : [];
  const [running, ...waiting] = tasks;
  setTasks(running ? [running] : []);
  for (const { end } of waiting) end(false);
  store.setState(({ run }) => ({ run: run && { ...run, stage: "cancelling", text: "Stopping …" } }));
  current.abort();
  if (unheard.length > 0) offerAgain(unheard);
  return true;
}

/** Takes back the last of what the server has not got yet. */
export function dropNewest(): boolean {
  const newest = tasks.at(-1);
  if (!newest || !isUnheard()) return false;
  if (tasks.length === 1) current?.abort();
  else {
    setTasks(tasks.slice(0, -1));
    newest.end(false);
    showHeld(store.getState().run?.reason);
  }
  return true;
}

/** Something that was asked for is not known to be done. */
export function isWorking(): boolean {
  return tasks.length > 0;
}

async function work(): Promise<void> {
  for (let task = tasks[0]; task; task = tasks[0]) {
    current = new AbortController();
    const done = await finish(task, current.signal);
    store.setState({ run: undefined });
    if (store.getState().session.phase === "ready") await refresh();
    setTasks(tasks.filter((one) => one !== task));
    task.end(done);
  }
  current = undefined;
}

/** What the server did not answer is asked for again once it is there, under the same key: it does nothing twice. */
async function finish(task: Task, signal: AbortSignal): Promise<boolean> {
  const { imageRevision } = store.getState();
  for (;;) {
    store.setState({ run: { ...startedRun(true), label: task.label } });
    let reason: string | undefined;
    try {
      await saving(task.act({ signal, key: task.key }));
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (isDone(error)) return true;
      const waits = mayPass(error) || isLocked(error);
      if (!waits) handleLoss(error, task.doing, { again: () => void inTurn(task, task.act) });
      if (isGone(error)) drop(tasks.slice(1));
      if (!waits) return false;
      if (isLocked(error) || isUnreachable(error)) handleLoss(error, task.doing, { asked: false });
      else reason = error instanceof Error ? error.message : String(error);
    }
    showHeld(reason);
    await serverBack(signal);
    if (signal.aborted) return false;
    if (store.getState().imageRevision !== imageRevision) {
      say(`Cannot ${task.doing}`, "It was drawn on a scan that somebody replaced meanwhile.");
      drop(tasks.slice(1));
      return false;
    }
  }
}

/** Resolves when the server answers again and the session is open, or when the work was cancelled. */
async function serverBack(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, againMs);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const { server, session } = store.getState();
    if (!signal.aborted && server.reachable && session.phase === "ready" && (await refresh())) break;
  }
  // Another look at the session empties what is shown of it.
  setTasks(tasks);
}

/** Short, as every change of the session writes some; a page that was not opened safely has no `randomUUID`. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join("");
}

function isHeld(): boolean {
  return store.getState().run?.stage === "held";
}

/** Held, or in one more try that nobody hears. */
function isUnheard(): boolean {
  return isHeld() || !store.getState().server.reachable;
}

function showHeld(reason: string | undefined): void {
  const texts = tasks.map(({ text }) => text);
  store.setState({ run: heldRun(texts, reason) });
}

/** A key pressed by mistake does not throw away what was drawn while nobody listened. */
function offerAgain(dropped: readonly Task[]): void {
  say(`Not sent: ${stepsText(dropped.length)}`, dropped.map(({ text }) => text).join(", "), () => {
    for (const task of dropped) void inTurn(task, task.act);
  });
}

function drop(waiting: readonly Task[]): void {
  setTasks(tasks.filter((task) => !waiting.includes(task)));
  for (const { end } of waiting) end(false);
}

function setTasks(next: readonly Task[]): void {
  tasks = next;
  editing.setState({ pending: next.map(({ id, label, text }) => ({ id, label, text })) });
}
