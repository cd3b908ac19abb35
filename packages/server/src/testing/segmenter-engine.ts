import {
  createSegmenter,
  editMask,
  finish,
  finishWork,
  type Model as Network,
  prepareImage,
  type Segmenter,
  settle,
} from "@septum/segment";
import { bitsBoundingBox, cutBits, wholeBox } from "@septum/volume";
import type { Engine, SegmentObject } from "../engine/engine.ts";
import { fakeEngine } from "./fake-engine.ts";
import { affine, size } from "./harness.ts";

/** Looks at every voxel alone: bright, or said to be. */
const stubModel: Network = {
  settings: {
    patchSize: [6, 8, 6],
    interactionChannels: 7,
    channels: { previous: 0, bbox2d: [1, 2], bbox3d: [1, 2], lasso: [1, 2], points: [3, 4], scribble: [5, 6] },
    supported: { points: true, bbox2d: true, bbox3d: false, scribble: true, lasso: true },
    supportsInitialMask: true,
    pointRadius: 2,
    decay: 0.9,
    coverMargin: 1,
    borderChange: { absolute: 4, minimum: 1, relative: 0.2 },
  },
  async predict({ image, mean, std, previous, promptIndex, promptValue }) {
    const score = Float32Array.from(image, (value, voxel) => (value - mean) / std - 0.6 + (previous[voxel] ? 0.25 : 0));
    for (const [n, at] of promptIndex.entries()) {
      const channel = Math.floor(at / image.length);
      score[at % image.length] += channel % 2 === 1 ? 2.5 * promptValue[n] : -3 * promptValue[n];
    }
    return Uint8Array.from(score, (value) => (value > 0 ? 1 : 0));
  },
};

function nothingDone({ voxels }: Segmenter) {
  return { voxels, passes: 0, zooms: [], secondsNetwork: 0, secondsTotal: 0 };
}

/** The fake engine with the objects of the real one, in this thread. */
export function segmenterEngine(): Engine {
  const engine = fakeEngine();
  const voxels = Int16Array.from({ length: size[0] * size[1] * size[2] }, (_, n) => Math.imul(n, 2654435761) >>> 25);
  const volume = { data: voxels, size, affine, scaling: { slope: 1, intercept: 0 } };
  const image = prepareImage(volume);
  const objectOf = (label: number, segmenter: Segmenter): SegmentObject => {
    return {
      label,
      get voxels() {
        return segmenter.voxels;
      },
      get prompts() {
        return segmenter.prompts.length;
      },
      get undoable() {
        return segmenter.undoable;
      },
      get redoable() {
        return segmenter.redoable;
      },
      apply: (prompt, { predict, autozoom, signal }) => finish(segmenter.apply(prompt, { predict, autozoom, signal })),
      predict: ({ autozoom, full, signal }) => finish(segmenter.predict({ autozoom, forceFullRefine: full, signal })),
      rewrite: (edit, { autozoom, signal }) => finish(segmenter.rewrite(edit, { autozoom, signal })),
      async edit(edit) {
        const made = finishWork(editMask(edit, segmenter.mask, volume));
        return made ? segmenter.edit(made.box, made.bits) : nothingDone(segmenter);
      },
      undo: async () => segmenter.undo(),
      redo: async () => segmenter.redo(),
      reset: async () => segmenter.reset(),
      preview: async () => undefined,
      maskBits: async (box) => cutBits(segmenter.mask, size, box),
      bounds: async () => bitsBoundingBox(segmenter.mask, size),
      save: async () => segmenter.save(),
    };
  };
  return {
    ...engine,
    async openImage(path, options) {
      const objects = new Map<number, SegmentObject>();
      const segmenters = new Map<number, Segmenter>();
      return {
        ...(await engine.openImage(path, options)),
        async object(label, saved) {
          const known = saved ? undefined : objects.get(label);
          if (known) return known;
          const segmenter = createSegmenter({ image, model: stubModel, saved });
          const object = objectOf(label, segmenter);
          segmenters.set(label, segmenter);
          objects.set(label, object);
          return object;
        },
        removeObject: (label) => void objects.delete(label),
        async settle(label, beside) {
          const segmenterOf = (label: number) => segmenters.get(label) as Segmenter;
          const neighbours = beside.others.map((other) => ({ ...other, segmenter: segmenterOf(other.label) }));
          return settle(segmenterOf(label), neighbours, size, beside);
        },
        labelMap: async (labels) => ({ box: wholeBox(size), data: Uint8Array.from(labels) }),
      };
    },
  };
}
