import type { Commit, SessionRecord, StagedFile, Store } from "@septum/store";
import type { Engine } from "../engine/engine.ts";
import { HttpError } from "../http/http-error.ts";
import { type Caller, refuseDone, withDone } from "./caller.ts";
import { createDrawings, type Drawings, putBack } from "./drawings.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { HeldImage } from "./held-image.ts";
import { type HistoryStep, type StepFacts, stepKey, stepName } from "./history.ts";
import { checkNames, type Limits } from "./limits.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { createMutex } from "./mutex.ts";
import type { LifeEvent, SessionObserver } from "./observer.ts";
import type { OpenedImage } from "./opened-image.ts";
import { decodeStep, recordChange } from "./recording.ts";
import type { RunInProgress } from "./run-in-progress.ts";
import { together } from "./saved-objects.ts";
import { readState, type SessionState } from "./state.ts";

/** What every session shares. */
export interface SessionWorld {
  readonly store: Store;
  readonly engine: Engine;
  readonly now: () => number;
  /** Most bytes that one image may take. */
  readonly maxImageBytes: number;
  readonly limits: Limits;
  readonly memory: MemoryBudget;
  /** Called before a session that only memory knows goes to the store. Throws `unavailable` when there are too many. */
  readonly beforeKept: () => void;
  readonly observe?: SessionObserver;
}

/** A new state, and what goes to the store with it. */
export interface Change extends Omit<Commit, "record"> {
  readonly state: SessionState;
  /** Makes it a step of the history. */
  readonly step?: StepFacts;
}

/**
 * One person's work: an image, numbered points, objects. It is *open* while its image is in memory and *resting* otherwise;
 * any call that needs the image opens it again (docs/session.md).
 *
 * Two kinds of turns keep it whole. `change` replaces the state, and what it replaced is on disk before it resolves.
 * `work` is for what changes voxels and takes long; changes of points need not wait for it.
 */
export class Session {
  readonly id: string;
  readonly createdAt: number;
  /** Numbered from the time on, so that no number given out before a restart comes again. */
  readonly events: EventLog;
  /** The upload in progress, if any: a second one is refused. */
  uploading = false;
  /** The run in progress, if any. */
  run: RunInProgress | undefined;
  /** Whether the store knows it: a session that nobody came back to need not be on disk. */
  #kept: boolean;
  readonly #world: SessionWorld;
  readonly #stop = new AbortController();
  readonly #changes = createMutex();
  readonly #work = createMutex();
  /** As it is on disk: what was drawn is read when somebody asks for the state. */
  readonly #record: SessionState;
  #state: SessionState | undefined;
  #drawings: Drawings | undefined;
  #lastActivity: number;
  readonly #image: HeldImage;

  constructor(record: SessionRecord, world: SessionWorld, kept = true) {
    this.id = record.id;
    this.createdAt = record.createdAt;
    this.#lastActivity = record.lastActivity;
    this.#record = readState(record.state);
    this.#kept = kept;
    this.#world = world;
    this.#image = new HeldImage(this, world);
    this.events = createEventLog(world.now());
  }

  get state(): SessionState {
    this.#state ??= putBack(this.#record, this);
    return this.#state;
  }

  get lastActivity(): number {
    return this.#lastActivity;
  }

  /** Aborts when the session is deleted or the server shuts down; its reason is the error to answer with. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Bytes of memory held by the image and its objects; 0 while resting. */
  get bytes(): number {
    return this.#image.opened?.image.bytes ?? 0;
  }

  get kept(): boolean {
    return this.#kept;
  }

  get limits(): Limits {
    return this.#world.limits;
  }

  /** Whether something is going on that a sweep must not cut off. */
  get busy(): boolean {
    return this.uploading || !this.idle;
  }

  /** Whether nobody uses the image, so that it can be put to rest: another may well be on its way to take its place. */
  get idle(): boolean {
    return this.run === undefined && !this.#work.busy && (this.#image.opened?.users ?? 0) === 0;
  }

  touch(): void {
    this.#lastActivity = this.#world.now();
    if (this.#kept) this.#world.store.touch(this.id, this.#lastActivity);
  }

  /** Puts the session into the store if it is not there yet. */
  async save(): Promise<void> {
    if (!this.#kept) await this.change((state) => ({ state }));
  }

  /**
   * Replaces the state by what `plan` makes of it, or leaves it when that is nothing. Resolves when it is on disk;
   * otherwise nothing changed. Other changes wait for an asynchronous plan. What `key` names is done with it, and only once.
   */
  change(plan: (state: SessionState) => Change | undefined | Promise<Change | undefined>, key?: string): Promise<void> {
    return this.#changes.run(async () => {
      this.#throwIfDeleted();
      const before = this.state;
      refuseDone(before, key);
      this.#drawings ??= createDrawings(this.#record, before);
      const planned = await plan(before);
      if (!planned) return;
      const { state: changed, put, remove, image } = this.#recorded(before, planned);
      const state = key === undefined ? changed : withDone(changed, key);
      const { id, createdAt, lastActivity } = this;
      if (!this.#kept) this.#world.beforeKept();
      const { state: kept, ...drawn } = this.#drawings.takeOut(state);
      const record = { id, createdAt, lastActivity, state: kept };
      await this.#world.store.commit({ record, image, ...together({ put, remove }, drawn) });
      this.#drawings.kept();
      this.#kept = true;
      this.#state = state;
      if (state.history !== before.history) this.events.push({ type: "history", ...this.historyFacts() });
    });
  }

  /**
   * What `look` makes of the state and the store together, when no change is on its way: during one the store is ahead, and a
   * step that the state still names may be gone from it.
   */
  read<T>(look: () => T): Promise<T> {
    return this.#changes.run(async () => look());
  }

  /** A step of the history that the state names. Call it in a change, or in `read`. */
  step(id: number): HistoryStep {
    const bytes = this.blob(stepKey(id));
    if (!bytes) throw new Error(`Step ${id} of the history is not in the store`);
    return decodeStep(bytes);
  }

  blob(key: string): Uint8Array | undefined {
    return this.#world.store.blob(this.id, key);
  }

  blobs(prefix: string): ReadonlyMap<string, Uint8Array> {
    return this.#world.store.blobs(this.id, prefix);
  }

  /** Where the session is in its history, and what undo and redo would do. Call it in a change, or in `read`. */
  historyFacts() {
    const { undo, redo } = this.state.history;
    const [back, forth] = [undo.at(-1), redo.at(-1)];
    return {
      position: undo.length,
      total: undo.length + redo.length,
      undo: back ? stepName(this.step(back.id)) : null,
      redo: forth ? stepName(this.step(forth.id)) : null,
    };
  }

  #recorded(before: SessionState, { step, ...change }: Change): Omit<Change, "step"> {
    if (!step) return change;
    checkNames(before, change.state, this.limits);
    const { state, put, remove } = recordChange(before, change.state, step, this.#world.now(), this);
    return {
      ...change,
      state,
      put: new Map([...(change.put ?? []), ...put]),
      remove: [...(change.remove ?? []), ...remove],
    };
  }

  /**
   * Runs `work` when all earlier work of the session is done. Rejects with the reason when either signal aborts first, and
   * with `already_done` when what the caller's key names turns out to be.
   */
  work<T>(work: () => Promise<T>, { signal, key }: Caller): Promise<T> {
    const once = async () => {
      refuseDone(this.state, key);
      return work();
    };
    return this.#work.run(once, AbortSignal.any([this.signal, signal]));
  }

  /** Calls `use` with the image, opened when it is resting. Throws `no_image` before the first upload. */
  useImage<T>(use: (opened: OpenedImage) => Promise<T>): Promise<T> {
    return this.#image.use(use);
  }

  /** Makes a decoded upload the session's image, in place of the earlier one and of all that was made on it. */
  async replaceImage(
    opened: OpenedImage,
    staged: StagedFile,
    plan: (state: SessionState) => SessionState,
  ): Promise<void> {
    await this.change((state) => ({ state: plan(state), image: staged }));
    // Deleted while it was written: nobody would ever close it.
    this.signal.throwIfAborted();
    this.#image.replace(opened);
  }

  /** Frees the memory. What is on disk is opened at the next use: also the way back after a change that failed half-way. */
  rest(): void {
    if (!this.#image.opened) return;
    const { bytes } = this;
    this.#image.close();
    this.tell({ type: "rested", bytes });
  }

  /** Tells whoever watches the server what happened here. */
  tell(event: LifeEvent): void {
    this.#world.observe?.(this, event);
  }

  /** Frees what removed objects hold; nothing to do while resting. */
  forgetObjects(labels: readonly number[]): void {
    for (const label of labels) this.#image.opened?.removeObject(label);
  }

  /** Stops all work and ends the event streams' session; `reason` is what those who wait are answered. */
  stop(reason: HttpError): void {
    this.#stop.abort(reason);
  }

  /** Memory, files and pending work are gone when it resolves. */
  async delete(): Promise<void> {
    this.stop(new HttpError("session_deleted", "The session was deleted"));
    this.events.push({ type: "deleted" });
    this.#image.close();
    await this.#world.store.delete(this.id);
  }

  #throwIfDeleted(): void {
    const { reason } = this.signal;
    if (reason instanceof HttpError && reason.code === "session_deleted") throw reason;
  }
}
