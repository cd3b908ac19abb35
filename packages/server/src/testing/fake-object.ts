import { editMask, finishWork, type Prompt, type PromptEdit, type Settlement } from "@septum/segment";
import {
  type Box,
  bitsBoundingBox,
  boxSize,
  boxVoxels,
  isEmptyBox,
  packBits,
  shiftBox,
  uniteBoxes,
  unpackBits,
  type Vec3,
  type Volume,
  wholeBox,
} from "@septum/volume";
import type { Applied, ApplyOptions, Beside, SegmentObject } from "../engine/engine.ts";

/** Waited for in every pass. */
export type OnPass = (label: number, signal: AbortSignal | undefined) => Promise<void>;

/** Voxels around a point that the fake takes for the object. */
const reach = 2;

/** The object's prompts now, before its earlier changes, and after those that were undone; newest last. */
interface History {
  readonly undo: readonly (readonly Given[])[];
  readonly now: readonly Given[];
  readonly redo: readonly (readonly Given[])[];
}

/** A prompt; `waits` when it was added without predicting. Or, with `gone`, voxels that went to another object. */
type Given = Prompt & { readonly waits?: boolean; readonly gone?: boolean };

export type FakeObject = ReturnType<typeof fakeObject>;

/** An object in plain memory: it keeps what was said, and draws its mask from that whenever it is asked. */
export function fakeObject(
  label: number,
  volume: Volume,
  state: Uint8Array | undefined,
  applied: Prompt[],
  onPass: OnPass | undefined,
) {
  const { size } = volume;
  let history: History = state ? revive(state) : { undo: [], now: [], redo: [] };
  let running: { readonly number: number; readonly given: readonly Given[] } | undefined;
  const mask = (given = history.now) => {
    const voxels = new Uint8Array(boxVoxels(wholeBox(size)));
    for (const prompt of given) {
      const drawn = "mask" in prompt ? prompt.mask : undefined;
      const positive = prompt.kind === "initial" ? !prompt.gone : prompt.positive;
      eachVoxel(boxOf(prompt, size), size, (voxel, at) => {
        if (!drawn || drawn[at]) voxels[voxel] = positive ? 1 : 0;
      });
    }
    return voxels;
  };
  const count = () => total(mask());
  const change = (next: History, passes: number): Applied => {
    const changed = [...history.now, ...next.now].reduce<Box | undefined>(
      (box, prompt) => uniteBoxes(box, boxOf(prompt, size)),
      undefined,
    );
    history = next;
    return { changed, voxels: count(), passes, zooms: [1], secondsNetwork: 0, secondsTotal: 0 };
  };
  const record = (now: readonly Given[], passes: number) =>
    change({ undo: [...history.undo, history.now], now, redo: [] }, passes);
  const predict = async (passes: number, { signal, onProgress }: ApplyOptions, given: readonly Given[]) => {
    try {
      for (let pass = 1; pass <= passes; pass++) {
        signal?.throwIfAborted();
        await onPass?.(label, signal);
        signal?.throwIfAborted();
        running = { number: pass, given };
        onProgress?.({ stage: pass === 1 ? "coarse" : "refine", done: pass, expected: passes, preview: pass });
      }
    } finally {
      running = undefined;
    }
  };
  const object: SegmentObject = {
    label,
    get voxels() {
      return count();
    },
    get prompts() {
      return promptsOf(history.now).length;
    },
    get undoable() {
      return history.undo.length;
    },
    get redoable() {
      return history.redo.length;
    },
    async apply(prompt, options) {
      const passes = options.predict === false ? 0 : 2;
      await predict(passes, options, [...history.now, prompt]);
      applied.push(prompt);
      const before = prompt.kind === "initial" ? [] : history.now;
      const waits = passes === 0 && prompt.kind !== "initial";
      return record([...before, waits ? { ...prompt, waits } : prompt], passes);
    },
    async predict(options) {
      const at = history.now.findLastIndex(({ gone }) => !gone);
      const last = history.now[at];
      if (!last?.waits) return { voxels: count(), passes: 0, zooms: [], secondsNetwork: 0, secondsTotal: 0 };
      await predict(2, options, history.now);
      const now = history.now.with(at, { ...last, waits: false });
      return options.ownStep ? record(now, 2) : change({ ...history, now, redo: [] }, 2);
    },
    async rewrite(edit, options) {
      const next = rewritten(promptsOf(history.now), edit);
      const passes = 2 * (edit.type === "restart" ? 1 : next.length - edit.at);
      await predict(passes, options, next);
      if ("prompt" in edit) applied.push(edit.prompt);
      return record(next, passes);
    },
    async edit(edit) {
      const made = finishWork(editMask(edit, packBits(mask()), volume));
      const after = mask();
      const bytes = made && unpackBits(made.bits, boxVoxels(made.box));
      if (made) eachVoxel(made.box, size, (voxel, at) => after.fill(bytes?.[at] ?? 0, voxel, voxel + 1));
      const same = mask().every((value, voxel) => value === after[voxel]);
      if (same) return { voxels: count(), passes: 0, zooms: [], secondsNetwork: 0, secondsTotal: 0 };
      const drawn = { kind: "initial", box: wholeBox(size), mask: after } as const;
      return { ...record([drawn], 0), changed: made?.box, zooms: [] };
    },
    async undo() {
      const { undo, now, redo } = history;
      const before = undo.at(-1);
      return before && change({ undo: undo.slice(0, -1), now: before, redo: [...redo, now] }, 0);
    },
    async redo() {
      const { undo, now, redo } = history;
      const after = redo.at(-1);
      return after && change({ undo: [...undo, now], now: after, redo: redo.slice(0, -1) }, 0);
    },
    reset: async () => record([], 0),
    async preview() {
      return running && { number: running.number, box: wholeBox(size), bits: packBits(mask(running.given)) };
    },
    async maskBits(box) {
      const whole = mask();
      const bytes = new Uint8Array(boxVoxels(box));
      eachVoxel(box, size, (voxel, at) => {
        bytes[at] = whole[voxel];
      });
      return packBits(bytes);
    },
    bounds: async () => bitsBoundingBox(packBits(mask()), size),
    async save() {
      const text = JSON.stringify(history, (_, value) => (value instanceof Uint8Array ? [...value] : value));
      return { put: new Map([["", new TextEncoder().encode(text)]]), remove: [] };
    },
  };
  /** Voxels that the last change added. */
  const gained = () => {
    const before = mask(history.undo.at(-1) ?? []);
    return mask().map((value, voxel) => value & ~before[voxel]);
  };
  /** Takes voxels away; in the last step or in one of its own. */
  const trim = (voxels: Uint8Array, extend: boolean) => {
    const now = [...history.now, { kind: "initial", box: wholeBox(size), mask: voxels, gone: true } as const];
    history = extend ? { ...history, now } : { undo: [...history.undo, history.now], now, redo: [] };
  };
  /** Voxels that were taken away before the last change. */
  const lost = () =>
    mask((history.undo.at(-1) ?? []).flatMap((prompt) => (prompt.gone ? { ...prompt, gone: false } : [])));
  return { object, mask, gained, lost, trim };
}

/** What `settle` of the segment package does, with a byte for each voxel. */
export function settleFakes(
  label: number,
  { others, take, rewritten }: Beside,
  of: (label: number) => FakeObject,
  size: Vec3,
): Settlement {
  const gained = of(label).gained();
  const lost = rewritten ? of(label).lost() : new Uint8Array(gained.length);
  const kept = new Uint8Array(gained.length);
  const spared: { label: number; voxels: number }[] = [];
  for (const { label: other, locked } of others) {
    const mask = of(other).mask();
    const voxels = gained.map((value, voxel) => value & mask[voxel] & (take && locked ? 1 : lost[voxel]));
    for (const [voxel, value] of voxels.entries()) kept[voxel] |= value;
    if (total(voxels) > 0) spared.push({ label: other, voxels: total(voxels) });
  }
  if (spared.length > 0) of(label).trim(kept, true);
  const taken: { label: number; voxels: number; changed: Box }[] = [];
  for (const { label: other } of take ? others.filter(({ locked }) => !locked) : []) {
    const mask = of(other).mask();
    const voxels = gained.map((value, voxel) => value & mask[voxel] & ~kept[voxel]);
    if (total(voxels) === 0) continue;
    of(other).trim(voxels, false);
    taken.push({ label: other, voxels: total(voxels), changed: bitsBoundingBox(packBits(voxels), size) as Box });
  }
  return { spared, taken };
}

function total(voxels: Uint8Array): number {
  return voxels.reduce((sum, value) => sum + value, 0);
}

function promptsOf(given: readonly Given[]): readonly Given[] {
  return given.filter(({ gone }) => !gone);
}

function rewritten(prompts: readonly Given[], edit: PromptEdit): readonly Given[] {
  if (edit.type === "restart") return [edit.prompt];
  const old = prompts[edit.at];
  if (edit.type === "remove") return prompts.toSpliced(edit.at, 1);
  if (edit.type === "move") return prompts.with(edit.at, signed(shifted(old, edit.offset), edit.positive));
  if (edit.type === "replace") return prompts.with(edit.at, { ...edit.prompt, waits: old.waits });
  return prompts.with(edit.at, signed(old, edit.positive));
}

function signed(prompt: Given, positive: boolean | undefined): Given {
  return prompt.kind === "initial" || positive === undefined ? prompt : { ...prompt, positive };
}

function shifted(prompt: Given, [i, j, k]: Vec3): Given {
  if (prompt.kind !== "point") return { ...prompt, box: shiftBox(prompt.box, [i, j, k]) };
  const [x, y, z] = prompt.voxel;
  return { ...prompt, voxel: [x + i, y + j, z + k] };
}

function revive(state: Uint8Array): History {
  return JSON.parse(Buffer.from(state).toString(), (key, value) => (key === "mask" ? Uint8Array.from(value) : value));
}

function boxOf(prompt: Prompt, size: Vec3): Box {
  if (prompt.kind !== "point") return prompt.box;
  const around = (axis: 0 | 1 | 2) =>
    [Math.max(0, prompt.voxel[axis] - reach), Math.min(size[axis], prompt.voxel[axis] + reach + 1)] as const;
  return [around(0), around(1), around(2)];
}

/** Calls `visit` with every voxel of the box: its place in the volume, and in the box. */
export function eachVoxel(box: Box, size: Vec3, visit: (voxel: number, at: number) => unknown): void {
  if (isEmptyBox(box)) return;
  const [di, dj, dk] = boxSize(box);
  for (let k = 0, at = 0; k < dk; k++) {
    for (let j = 0; j < dj; j++) {
      for (let i = 0; i < di; i++, at++) {
        visit(box[0][0] + i + size[0] * (box[1][0] + j + size[1] * (box[2][0] + k)), at);
      }
    }
  }
}
