import { createSegmenter, editMask, finish, finishWork, prepareImage, type Segmenter, settle } from "@septum/segment";
import { stubModel, stubSettings } from "@septum/segment/testing";
import { bitsBoundingBox, cutBits, wholeBox } from "@septum/volume";
import type { Engine, SegmentObject } from "../engine/engine.ts";
import { fakeEngine } from "./fake-engine.ts";
import { affine, size } from "./harness.ts";

function nothingDone({ voxels }: Segmenter) {
  return { voxels, passes: 0, zooms: [], secondsNetwork: 0, secondsTotal: 0 };
}

/** The fake engine with the objects of the real one, in this thread. */
export function segmenterEngine(): Engine {
  const engine = fakeEngine();
  const voxels = Int16Array.from({ length: size[0] * size[1] * size[2] }, (_, n) => Math.imul(n, 2654435761) >>> 25);
  const volume = { data: voxels, size, affine, scaling: { slope: 1, intercept: 0 } };
  const image = prepareImage(volume);
  const model = stubModel(stubSettings({}), { bar: 0.6 });
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
      predict: ({ autozoom, full, ownStep, signal }) =>
        finish(segmenter.predict({ autozoom, forceFullRefine: full, ownStep, signal })),
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
          const segmenter = createSegmenter({ image, model, saved });
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
