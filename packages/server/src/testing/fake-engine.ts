import { createReadStream } from "node:fs";
import { gzipSync } from "node:zlib";
import { editMask, finishWork, type Prompt, type PromptEdit } from "@septum/segment";
import {
  type Box,
  bitsBoundingBox,
  boxSize,
  boxVoxels,
  isEmptyBox,
  type NiftiHeader,
  orientation,
  packBits,
  readNifti,
  shiftBox,
  spacing,
  uniteBoxes,
  unpackBits,
  type Vec3,
  type Volume,
  volumeStatistics,
  wholeBox,
  writeNifti,
} from "@septum/volume";
import { slicePlane, sliceToVoxel } from "../drawing/slice-plane.ts";
import type { Applied, ApplyOptions, Engine, OpenImage, SegmentObject } from "../engine/engine.ts";
import { exportFile } from "../engine/export/export-file.ts";
import { cutLabels, readMaskFile } from "../engine/mask-file.ts";

export interface FakeEngineOptions {
  /** Waited for in every pass: lets a test hold a run where it wants it. */
  readonly onPass?: (label: number, signal: AbortSignal | undefined) => Promise<void>;
}

export interface FakeEngine extends Engine {
  /** Images that are in memory now. */
  readonly open: ReadonlySet<OpenImage>;
  /** Prompts applied so far, in order. */
  readonly applied: readonly Prompt[];
}

/** Voxels around a point that the fake takes for the object. */
const reach = 2;

/**
 * An engine in plain memory for tests of what lies above it: real files, and a network that takes a cube around every point
 * and whatever else was drawn, in two passes.
 */
export function fakeEngine({ onPass }: FakeEngineOptions = {}): FakeEngine {
  const open = new Set<OpenImage>();
  const applied: Prompt[] = [];
  return {
    open,
    applied,
    model: {
      name: "fake",
      licence: "Apache-2.0",
      patchSize: [8, 8, 8],
      settings: {
        patchSize: [8, 8, 8],
        interactionChannels: 7,
        channels: { previous: 0, bbox2d: [1, 2], lasso: [1, 2], points: [3, 4], scribble: [5, 6] },
        supported: { points: true, bbox2d: true, bbox3d: false, scribble: true, lasso: true },
        supportsInitialMask: true,
        pointRadius: 4,
        decay: 0.98,
        coverMargin: 1,
        borderChange: { absolute: 10, minimum: 1, relative: 0.01 },
      },
      device: "cpu",
      providers: [
        { name: "cuda", ok: false, reason: "this build has no CUDA" },
        { name: "cpu", ok: true },
      ],
    },
    secondsPerPass: 0.25,
    queue: { waiting: 0, running: 0 },
    async openImage(path, { signal, maxBytes, frame }) {
      const { volume, header } = await readNifti(createReadStream(path), { signal, maxBytes, frame });
      const { size, affine, scaling, data } = volume;
      const { range, window } = volumeStatistics(volume);
      const objects = new Map<number, ReturnType<typeof fakeObject>>();
      const labelMap = (labels: readonly number[], box: Box, values = labels) => {
        const map = values.some((value) => value > 255)
          ? new Uint16Array(boxVoxels(box))
          : new Uint8Array(boxVoxels(box));
        for (const [n, label] of labels.entries()) {
          const mask = objects.get(label)?.mask();
          if (mask)
            eachVoxel(box, size, (voxel, at) => mask[voxel] && map[at] === 0 && map.fill(values[n], at, at + 1));
        }
        return map;
      };
      const image: OpenImage = {
        info: {
          size,
          affine,
          scaling,
          range,
          window,
          spacing: spacing(affine),
          orientation: orientation(affine),
          dtype: header.dtype,
        },
        bytes: data.byteLength,
        async slice({ axis, index, window: shown }) {
          const { row, column } = slicePlane(axis);
          const [low, width] = shown
            ? [shown.level - shown.width / 2, shown.width]
            : [window[0], window[1] - window[0] || 1];
          const [rows, columns] = [size[row], size[column]];
          const grey = new Uint8ClampedArray(rows * columns);
          for (let y = 0; y < rows; y++) {
            for (let x = 0; x < columns; x++) {
              const [i, j, k] = sliceToVoxel(axis, index, x, y);
              const value = scaling.slope * data[i + size[0] * (j + size[1] * k)] + scaling.intercept;
              grey[x + columns * y] = (255 * (value - low)) / width;
            }
          }
          return { rows, columns, data: new Uint8Array(grey.buffer) };
        },
        slicePng: async () => Uint8Array.from([0x89, 0x50, 0x4e, 0x47]),
        nifti: async () => packed(volume, header),
        async object(label, saved) {
          const known = objects.get(label);
          if (known && !saved) return known.object;
          const made = fakeObject(label, volume, saved?.get(""), applied, onPass);
          objects.set(label, made);
          return made.object;
        },
        removeObject: (label) => void objects.delete(label),
        async settle(label, others) {
          const of = (label: number) => objects.get(label) as ReturnType<typeof fakeObject>;
          const count = (voxels: Uint8Array) => voxels.reduce((sum, value) => sum + value, 0);
          const gained = of(label).gained();
          const shared = others.map(({ label, locked }) => {
            const mask = of(label).mask();
            return { label, locked, voxels: gained.map((value, voxel) => value & mask[voxel]) };
          });
          const [spared, rest] = [shared.filter(({ locked }) => locked), shared.filter(({ locked }) => !locked)];
          for (const { voxels } of spared) {
            of(label).trim(voxels, true);
            for (const { voxels: lost } of rest) for (const voxel of lost.keys()) lost[voxel] &= ~voxels[voxel];
          }
          const taken = rest.filter(({ voxels }) => count(voxels) > 0);
          for (const { label, voxels } of taken) of(label).trim(voxels, false);
          const counted = ({ label, voxels }: { label: number; voxels: Uint8Array }) => ({
            label,
            voxels: count(voxels),
          });
          return {
            spared: spared.map(counted).filter(({ voxels }) => voxels > 0),
            taken: taken.map((lost) => ({
              ...counted(lost),
              changed: bitsBoundingBox(packBits(lost.voxels), size) ?? wholeBox(size),
            })),
          };
        },
        labelMap: async (labels, box = wholeBox(size)) => ({ box, data: labelMap(labels, box) }),
        async labelNifti(chosen) {
          const [labels, values] = [chosen.map(({ label }) => label), chosen.map(({ value }) => value)];
          const map = {
            data: labelMap(labels, wholeBox(size), values),
            size,
            affine,
            scaling: { slope: 1, intercept: 0 },
          };
          return packed(map, header);
        },
        readMasks: (maskPath) => readMaskFile({ path: maskPath, size, affine }),
        cutMask: async (file, labels) => cutLabels(file, labels),
        async exportFile(format, segments) {
          const { data: _, ...grid } = volume;
          const bits = (label: number) =>
            packBits(objects.get(label)?.mask() ?? new Uint8Array(boxVoxels(wholeBox(size))));
          const masks = segments.map((segment) => ({ ...segment, bits: bits(segment.label) }));
          return exportFile({ format, masks, grid, source: header });
        },
        close: () => void open.delete(image),
      };
      open.add(image);
      return image;
    },
    async ping() {},
    async close() {
      open.clear();
    },
  };
}

function packed(volume: Volume, source: NiftiHeader): Uint8Array {
  const { header, data } = writeNifti(volume, { source });
  return gzipSync(Buffer.concat([header, data]));
}

/** The object's prompts now, before its earlier changes, and after those that were undone; newest last. */
interface History {
  readonly undo: readonly (readonly Given[])[];
  readonly now: readonly Given[];
  readonly redo: readonly (readonly Given[])[];
}

/** A prompt; `waits` when it was added without predicting. Or, with `gone`, voxels that went to another object. */
type Given = Prompt & { readonly waits?: boolean; readonly gone?: boolean };

function fakeObject(
  label: number,
  volume: Volume,
  state: Uint8Array | undefined,
  applied: Prompt[],
  onPass: FakeEngineOptions["onPass"],
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
  const count = () => mask().reduce((sum, value) => sum + value, 0);
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
      const last = history.now.at(-1);
      if (!last?.waits) return { voxels: count(), passes: 0, zooms: [], secondsNetwork: 0, secondsTotal: 0 };
      await predict(2, options, history.now);
      return change({ ...history, now: history.now.with(-1, { ...last, waits: false }), redo: [] }, 2);
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
  return { object, mask, gained, trim };
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
function eachVoxel(box: Box, size: Vec3, visit: (voxel: number, at: number) => unknown): void {
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
